CREATE TABLE x (a INT) WITH ('connector' = 'datagen', 'speed' = 'fast');
SELECT * FROM x;
