-- At run time the quotient of approximate numbers by zero is Infinity or NaN; only one of constants fails.
SELECT id, d / (i - i) AS a, CAST(i AS FLOAT) / (i - i) AS b, i / CAST(0 AS DOUBLE) AS c, p / (d - d) AS e, 1 / (d - d) AS f FROM t;
