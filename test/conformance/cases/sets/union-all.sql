-- compare: materialized
SELECT * FROM l UNION ALL SELECT * FROM r;
