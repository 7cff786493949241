SELECT a IN ('x', 'y') FROM t;
