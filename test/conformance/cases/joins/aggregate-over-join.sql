-- compare: materialized
SELECT c.area, COUNT(*) AS n, SUM(o.amount) AS s FROM orders AS o JOIN customers AS c ON o.customer = c.cid GROUP BY c.area;
