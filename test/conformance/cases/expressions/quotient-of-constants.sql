SELECT id, 1e0 / 0 AS a FROM t;
