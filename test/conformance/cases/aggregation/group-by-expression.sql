SELECT UPPER(item) AS i, qty > 1 AS many, COUNT(*) AS c FROM sales GROUP BY UPPER(item), qty > 1;
