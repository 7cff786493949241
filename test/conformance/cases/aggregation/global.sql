SELECT COUNT(*) AS c, SUM(qty) AS q, MAX(item) AS m FROM sales;
