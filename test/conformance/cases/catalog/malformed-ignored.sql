-- A field that cannot be read is NULL, a line that cannot be read is left out.
-- file: bad.json
-- {"a":1,"b":"x"}
-- {"a":"no number","b":"y"}
-- this is not json
-- {"a":3,"b":{"nested":1}}
CREATE TABLE u (a INT, b STRING) WITH ('connector' = 'filesystem', 'path' = '${dir}/bad.json', 'format' = 'json', 'json.ignore-parse-errors' = 'true');
SELECT * FROM u;
