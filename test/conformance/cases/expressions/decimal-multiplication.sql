SELECT id, p * 2 AS a, p * p AS b, p * 0.908 AS c, p * CAST(3 AS BIGINT) AS d FROM t;
