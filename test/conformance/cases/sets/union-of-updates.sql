-- compare: materialized
SELECT a, COUNT(*) AS c FROM l GROUP BY a UNION ALL SELECT a, COUNT(*) FROM r GROUP BY a;
