CREATE TABLE t (a INT) WITH ('connector' = 'blackhole');
INSERT OVERWRITE t SELECT 1;
