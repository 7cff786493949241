-- compare: materialized
SELECT c.name, t.total FROM customers AS c LEFT JOIN (SELECT customer, SUM(amount) AS total FROM orders GROUP BY customer HAVING COUNT(*) < 2) AS t ON c.cid = t.customer;
