-- Positions are from one, count code points, and may come from the end.
SELECT id, SUBSTRING(s, 2) AS a, SUBSTRING(s FROM 2 FOR 3) AS b, SUBSTR(s, -3, 2) AS c, SUBSTRING(s, 0, 2) AS d, LEFT(s, 2) AS l, RIGHT(s, 2) AS r FROM t;
