WITH x AS (SELECT a, b FROM t WHERE a > 0), y (k) AS (SELECT a * 10 FROM x) SELECT x.b, y.k FROM x JOIN y ON x.a * 10 = y.k WHERE x.a = 1;
