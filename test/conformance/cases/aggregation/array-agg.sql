SELECT item, ARRAY_AGG(qty) AS c FROM sales GROUP BY item;
