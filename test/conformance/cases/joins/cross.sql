-- compare: materialized
SELECT o.id, c.name FROM orders AS o CROSS JOIN customers AS c WHERE o.amount > 6;
