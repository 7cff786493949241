-- file: t.csv
-- 1,plain,2020-01-01
-- 2,"with, comma",2020-02-29
-- 3,"say ""hi""",2020-12-31
CREATE TABLE u (a INT, b STRING, d DATE) WITH ('connector' = 'filesystem', 'path' = '${dir}/t.csv', 'format' = 'csv');
SELECT * FROM u;
