-- compare: materialized
SELECT o.id, o.customer, c.name FROM orders AS o LEFT JOIN customers AS c ON o.customer = c.cid;
