-- compare: materialized
SELECT name FROM customers WHERE cid IN (SELECT customer FROM orders GROUP BY customer HAVING COUNT(*) > 1);
