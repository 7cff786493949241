-- compare: materialized
-- NOT IN over a set with NULL keeps nothing.
SELECT id FROM orders WHERE customer NOT IN (SELECT cid FROM customers);
