SELECT item, COLLECT(shop) AS c FROM sales WHERE shop IS NOT NULL GROUP BY item;
