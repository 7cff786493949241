CREATE TABLE x (a INT) WITH ('connector' = 'datagen', 'rows-per-second' = 'many');
SELECT * FROM x;
