-- compare: materialized
SELECT id, (SELECT COUNT(cid) FROM customers WHERE FALSE) AS c, (SELECT MAX(cid) FROM customers WHERE FALSE) AS m FROM orders;
