SELECT id, f AND i > 0 AS a, f OR i > 0 AS o, NOT f AS n, (f AND i = 0) OR (i IS NULL AND f) AS m FROM t;
