SELECT item, COUNT(*) AS c FROM sales GROUP BY item HAVING COUNT(*) > 1;
