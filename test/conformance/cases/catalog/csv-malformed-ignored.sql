-- file: t.csv
-- 1,a,1.5
-- x,b,2.5
-- 3,c
-- 4,d,4.5,extra
-- 5,,5.5
CREATE TABLE u (a INT, b STRING, d DOUBLE) WITH ('connector' = 'filesystem', 'path' = '${dir}/t.csv', 'format' = 'csv', 'csv.ignore-parse-errors' = 'true');
SELECT * FROM u;
