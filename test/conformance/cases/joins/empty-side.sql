-- compare: materialized
SELECT id, n, c FROM orders LEFT JOIN (SELECT cid, name AS n FROM customers WHERE FALSE) ON customer = cid CROSS JOIN (SELECT COUNT(*) AS c FROM customers WHERE FALSE);
