-- A column of the inner key never rises: MAX looks back.
SELECT shop, MAX(item) AS m, SUM(n) AS s FROM (SELECT shop, item, COUNT(*) AS n FROM sales GROUP BY shop, item) GROUP BY shop;
