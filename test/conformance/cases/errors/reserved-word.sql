SELECT a AS value FROM t;
