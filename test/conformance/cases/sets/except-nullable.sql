-- compare: materialized
SELECT c FROM (SELECT COUNT(*) AS c FROM l) EXCEPT SELECT a FROM r;
