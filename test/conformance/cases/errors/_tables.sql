CREATE TABLE t (a INT, b STRING, c DECIMAL(10, 2), f BOOLEAN, ts TIMESTAMP(3)) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
CREATE TABLE u (a INT, z STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
CREATE TABLE s (a INT, b STRING) WITH ('connector' = 'blackhole');
