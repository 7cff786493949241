-- compare: materialized
SELECT o.id, c.name FROM orders AS o JOIN customers AS c ON o.customer IS NOT DISTINCT FROM c.cid;
