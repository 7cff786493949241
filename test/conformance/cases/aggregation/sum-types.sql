-- Result types and NULL handling of SUM.
SELECT shop, SUM(qty) AS q, SUM(price) AS p, SUM(w) AS w, SUM(CAST(qty AS TINYINT)) AS t, SUM(CAST(qty AS BIGINT)) AS b FROM sales GROUP BY shop;
