-- compare: materialized
SELECT * FROM l INTERSECT ALL SELECT * FROM r;
