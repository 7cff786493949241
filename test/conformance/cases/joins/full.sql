-- compare: materialized
SELECT o.id, o.customer, c.cid, c.name FROM orders AS o FULL OUTER JOIN customers AS c ON o.customer = c.cid;
