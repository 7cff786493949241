CREATE TABLE x (a INT) WITH ('connector' = 'telepathy');
SELECT * FROM x;
