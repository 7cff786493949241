-- compare: changes
SELECT shop, item, SUM(qty) AS q FROM sales GROUP BY ROLLUP (shop, item);
