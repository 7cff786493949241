-- Every group has one row: its updates remain updates.
SELECT shop, SUM(n) AS s, MAX(p) AS p FROM (SELECT shop, COUNT(*) AS n, MAX(price) AS p FROM sales GROUP BY shop) GROUP BY shop;
