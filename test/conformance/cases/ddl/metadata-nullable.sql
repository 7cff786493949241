CREATE TABLE t (a INT, m STRING METADATA FROM 'file.path' VIRTUAL) WITH ('connector' = 'filesystem', 'path' = '${dir}/none', 'format' = 'json');
CREATE VIEW v AS SELECT * FROM t;
DESCRIBE v;
