CREATE TABLE t (a INT) WITH ('k' = '1', 'k' = '2');
SHOW CREATE TABLE t;
