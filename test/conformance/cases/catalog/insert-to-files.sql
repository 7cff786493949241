-- The rows written are the rows read back.
SET 'table.dml-sync' = 'true';
SET 'execution.checkpointing.interval' = '1 s';
CREATE TABLE sink (a INT, b STRING) WITH ('connector' = 'filesystem', 'path' = '${dir}/out', 'format' = 'json');
INSERT INTO sink SELECT a, b FROM t WHERE a IS NOT NULL;
SELECT * FROM sink;
