SELECT id, MOD(p, 5) AS a, p % 0.3 AS b FROM t;
