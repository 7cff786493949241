CREATE TABLE x (a INT) WITH ('connector' = 'filesystem', 'path' = '${dir}/x');
SELECT * FROM x;
