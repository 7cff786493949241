REPLACE TABLE t WITH ('connector' = 'blackhole') AS SELECT 1 AS a;
