-- compare: materialized
SELECT id FROM orders WHERE amount NOT IN (SELECT cid - 13 FROM customers WHERE cid IS NOT NULL);
