SELECT DISTINCT shop, p FROM (SELECT shop, MAX(price) AS p FROM sales GROUP BY shop);
