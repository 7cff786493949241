-- Constant expressions fold to the same values and types as over columns.
SELECT 1 + 1 AS a, 'a' || 'b' AS b, CAST(1 AS BIGINT) + 1 AS c, 7 / 2 AS d, -7 % 2 AS e, 1.0 / 3 AS f, NOT TRUE AS g, 1 > 2 AS h;
