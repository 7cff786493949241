SELECT c + 1 AS d, UPPER(shop) AS s FROM (SELECT shop, COUNT(*) AS c FROM sales GROUP BY shop);
