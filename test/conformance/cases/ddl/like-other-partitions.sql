CREATE TABLE s (a INT, c AS a + 1, d AS a + 2, ts TIMESTAMP(3), b STRING) PARTITIONED BY (b) WITH ('connector' = 'datagen', 'number-of-rows' = '1');
CREATE TABLE t PARTITIONED BY (a) LIKE s (EXCLUDING PARTITIONS);
SHOW CREATE TABLE t;
