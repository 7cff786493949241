-- file: bad.json
-- {"a":1}
-- {"a":"not a number"}
CREATE TABLE u (a INT) WITH ('connector' = 'filesystem', 'path' = '${dir}/bad.json', 'format' = 'json');
SELECT * FROM u;
