-- compare: materialized
SELECT id FROM orders WHERE (customer, amount) IN (SELECT cid, cid - 13 FROM customers);
