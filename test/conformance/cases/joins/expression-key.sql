-- compare: materialized
SELECT o.id, c.name FROM orders AS o JOIN customers AS c ON o.customer + 10 = c.cid;
