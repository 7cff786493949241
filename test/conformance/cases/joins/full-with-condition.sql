-- compare: materialized
SELECT o.id, c.name FROM orders AS o FULL JOIN customers AS c ON o.customer = c.cid AND o.amount > 5;
