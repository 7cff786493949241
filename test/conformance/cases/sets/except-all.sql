-- compare: materialized
SELECT * FROM l EXCEPT ALL SELECT * FROM r;
