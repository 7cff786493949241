-- Without ELSE a CASE is NULL; branches take their common type.
SELECT id, CASE WHEN i > 0 THEN 'plus' WHEN i < 0 THEN 'minus' END AS a, CASE WHEN i > 0 THEN 1 WHEN i < 0 THEN 2.5 ELSE b END AS b FROM t;
