-- compare: materialized
SELECT id FROM orders AS o WHERE NOT EXISTS (SELECT * FROM customers AS c WHERE c.cid = o.customer);
