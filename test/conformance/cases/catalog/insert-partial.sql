SET 'table.dml-sync' = 'true';
SET 'execution.checkpointing.interval' = '1 s';
CREATE TABLE sink (a BIGINT, b STRING, c DOUBLE) WITH ('connector' = 'filesystem', 'path' = '${dir}/out', 'format' = 'json');
INSERT INTO sink (c, a) SELECT a, a + 1 FROM t;
SELECT * FROM sink;
