-- file: years.csv
-- 0000-01-01
-- 0001-01-01
CREATE TABLE x (d DATE) WITH ('connector' = 'filesystem', 'path' = '${dir}/years.csv', 'format' = 'csv');
SELECT d FROM x;
