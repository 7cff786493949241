-- compare: materialized
-- Equal rows are kept apart.
SELECT a.amount, b.cid FROM (SELECT 1 AS k, CAST(2 AS INT) AS amount FROM orders) AS a JOIN (SELECT 1 AS k, cid FROM customers WHERE cid = 20) AS b ON a.k = b.k;
