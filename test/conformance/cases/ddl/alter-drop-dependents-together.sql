CREATE TABLE s (a INT, c AS a + 1, d AS a + 2, ts TIMESTAMP(3), b STRING) PARTITIONED BY (b) WITH ('connector' = 'datagen', 'number-of-rows' = '1');
ALTER TABLE s DROP (a, c, d);
DESCRIBE s;
