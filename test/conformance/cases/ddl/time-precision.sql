CREATE TABLE t (a TIME(9), b TIME(2), c TIME) WITH ('connector' = 'datagen', 'number-of-rows' = '1');
DESCRIBE t;
