-- compare: materialized
SELECT o.customer, COUNT(c.name) AS n, COUNT(*) AS rows_ FROM orders AS o LEFT JOIN customers AS c ON o.customer = c.cid GROUP BY o.customer;
