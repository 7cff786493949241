SELECT shop, SUM(qty) AS q FROM sales WHERE qty IS NULL GROUP BY shop;
