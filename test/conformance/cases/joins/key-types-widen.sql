-- compare: materialized
SELECT o.id, c.name FROM orders AS o JOIN (SELECT CAST(cid AS BIGINT) AS k, name FROM customers) AS c ON o.customer = c.k;
