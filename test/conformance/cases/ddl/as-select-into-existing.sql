SET 'table.dml-sync' = 'true';
SET 'execution.checkpointing.interval' = '1 s';
CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = '${dir}/into-existing', 'format' = 'json');
CREATE TABLE IF NOT EXISTS t WITH ('connector' = 'blackhole') AS SELECT 5 AS x;
SELECT * FROM t;
