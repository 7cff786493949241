-- compare: materialized
SELECT c FROM (SELECT COUNT(*) AS c FROM l) INTERSECT SELECT a FROM r;
