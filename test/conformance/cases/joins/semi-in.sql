-- compare: materialized
SELECT id FROM orders WHERE customer IN (SELECT cid FROM customers);
