CREATE TABLE t (a INT, p STRING) PARTITIONED BY (p) WITH ('connector' = 'filesystem', 'path' = '${dir}/to-come', 'format' = 'json');
SELECT * FROM t;
