-- A group can come, change and go.
SELECT shop, SUM(qty) AS q FROM sales GROUP BY shop HAVING SUM(qty) BETWEEN 2 AND 3;
