-- Scale of a quotient: at least six digits, rounded half up.
SELECT id, p / 3 AS a, p / CAST(0.7 AS DECIMAL(10, 5)) AS b, CAST(1 AS DECIMAL(38, 18)) / 3 AS c FROM t;
