CREATE TABLE files (a INT, c BIGINT) WITH ('connector' = 'filesystem', 'path' = '${dir}/o', 'format' = 'json');
INSERT INTO files SELECT a, COUNT(*) FROM t GROUP BY a;
