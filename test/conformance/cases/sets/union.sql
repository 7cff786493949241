-- compare: materialized
SELECT * FROM l UNION SELECT * FROM r;
