SELECT shop, item, SUM(qty) AS q FROM sales GROUP BY shop, item;
