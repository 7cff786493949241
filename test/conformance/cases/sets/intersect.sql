-- compare: materialized
SELECT * FROM l INTERSECT SELECT * FROM r;
