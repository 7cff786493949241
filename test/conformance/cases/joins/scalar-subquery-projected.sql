-- compare: materialized
SELECT id, (SELECT MAX(name) FROM customers) AS m FROM orders;
