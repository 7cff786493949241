-- Which type the sum, product and negation of small integers have.
SELECT id, CAST(i AS TINYINT) + CAST(1 AS TINYINT) AS tt, CAST(i AS SMALLINT) * CAST(2 AS TINYINT) AS st, CAST(i AS TINYINT) + b AS tb, -CAST(i AS SMALLINT) AS n FROM t;
