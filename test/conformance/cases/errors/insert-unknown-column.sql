INSERT INTO s (a, q) SELECT a, b FROM t;
