CREATE TABLE x (a INT) WITH ('connector' = 'filesystem', 'format' = 'json');
SELECT * FROM x;
