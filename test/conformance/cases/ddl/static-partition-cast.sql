-- The value of a static partition is cast: a text may name a number.
SET 'table.dml-sync' = 'true';
SET 'execution.checkpointing.interval' = '1 s';
CREATE TABLE t (a INT, p INT, q STRING) PARTITIONED BY (p, q) WITH ('connector' = 'filesystem', 'path' = '${dir}/static', 'format' = 'json');
INSERT INTO t PARTITION (p = '7', q = 5) SELECT 1;
SELECT a, p, q FROM t;
