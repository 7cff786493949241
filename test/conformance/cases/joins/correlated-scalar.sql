-- compare: materialized
SELECT o.id, (SELECT COUNT(*) FROM customers AS c WHERE c.cid = o.customer) AS n FROM orders AS o;
