-- compare: materialized
SELECT * FROM l EXCEPT SELECT * FROM r;
