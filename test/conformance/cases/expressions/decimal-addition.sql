SELECT id, p + 1.5 AS a, p - CAST(0.001 AS DECIMAL(5, 3)) AS b, p + i AS c, p + b AS d FROM t;
