SELECT price, COUNT(*) AS c FROM sales GROUP BY price;
