-- compare: materialized
SET 'table.dml-sync' = 'true';
SET 'execution.checkpointing.interval' = '1 s';
CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = '${dir}/begin-set', 'format' = 'json');
BEGIN STATEMENT SET;
INSERT INTO t SELECT 1;
INSERT INTO t SELECT 2;
END;
SELECT SUM(a) AS s, COUNT(*) AS n FROM t;
