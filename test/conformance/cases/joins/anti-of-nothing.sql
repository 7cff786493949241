-- compare: materialized
SELECT id FROM orders WHERE NOT EXISTS (SELECT 1 FROM customers WHERE FALSE);
