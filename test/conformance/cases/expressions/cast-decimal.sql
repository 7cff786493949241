-- Rounded half up; what does not fit is NULL.
SELECT id, CAST(p AS DECIMAL(10, 1)) AS a, CAST(p AS DECIMAL(4, 2)) AS b, CAST(d AS DECIMAL(6, 3)) AS c, CAST(p AS INT) AS i, CAST(i AS DECIMAL(3, 2)) AS x FROM t;
