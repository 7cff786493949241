-- compare: materialized
SELECT o.id, c.cid FROM orders AS o JOIN customers AS c ON o.customer < c.cid;
