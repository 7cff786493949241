-- A sum of TINYINT stays TINYINT and wraps.
SELECT SUM(CAST(qty * 30 AS TINYINT)) AS t FROM sales;
