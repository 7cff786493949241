-- compare: changes
SELECT shop, item, SUM(qty) AS q FROM sales GROUP BY CUBE (shop, item);
