SELECT shop, SUM(CASE WHEN item = 'pen' THEN qty ELSE 0 END) AS pens, COUNT(CASE WHEN qty > 1 THEN 1 END) AS many FROM sales GROUP BY shop;
