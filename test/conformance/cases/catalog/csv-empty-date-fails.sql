-- file: t.csv
-- 1,plain,2020-01-01
-- 2,x,
CREATE TABLE u (a INT, b STRING, d DATE) WITH ('connector' = 'filesystem', 'path' = '${dir}/t.csv', 'format' = 'csv');
SELECT * FROM u;
