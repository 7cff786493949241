-- compare: materialized
SELECT o.id, c.cid, c.name FROM orders AS o RIGHT JOIN customers AS c ON o.customer = c.cid;
