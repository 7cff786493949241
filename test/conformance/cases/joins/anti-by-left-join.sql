-- compare: materialized
SELECT o.id FROM orders AS o LEFT JOIN customers AS c ON o.customer = c.cid WHERE c.name IS NULL;
