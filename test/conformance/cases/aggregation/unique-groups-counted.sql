-- COUNT keeps the aggregation.
SELECT shop, COUNT(n) AS c FROM (SELECT shop, COUNT(*) AS n FROM sales GROUP BY shop) GROUP BY shop;
