-- Each DISTINCT with its own FILTER counts for itself.
SELECT COUNT(DISTINCT item) FILTER (WHERE qty > 1) AS a, COUNT(DISTINCT item) FILTER (WHERE qty <= 1) AS b, COUNT(DISTINCT item) AS c FROM sales;
