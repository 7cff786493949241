SELECT item, SUM(qty) * 2 + COUNT(*) AS x, CAST(SUM(price) AS STRING) || '!' AS y FROM sales GROUP BY item;
