-- compare: materialized
SELECT COUNT(*) AS c FROM orders JOIN customers ON customer = cid AND customer <> cid;
