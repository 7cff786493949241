-- compare: materialized
SELECT id FROM orders AS o WHERE EXISTS (SELECT * FROM customers AS c WHERE c.cid = o.customer AND c.area = 'x');
