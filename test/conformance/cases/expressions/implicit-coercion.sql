-- Numbers widen to their common type, in comparison and in arithmetic.
SELECT id, i = 7.0 AS a, i < b AS b, CAST(i AS SMALLINT) = p AS c, i + 1.5 AS d, i * 2E0 AS e FROM t;
