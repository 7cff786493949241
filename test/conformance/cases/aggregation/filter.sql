SELECT shop, COUNT(*) FILTER (WHERE item = 'pen') AS pens, SUM(qty) FILTER (WHERE price > 2) AS dear, COUNT(*) AS c FROM sales GROUP BY shop;
