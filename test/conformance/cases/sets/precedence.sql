-- compare: materialized
-- INTERSECT binds tighter than UNION.
SELECT a FROM l WHERE a = 3 UNION SELECT a FROM l INTERSECT SELECT a FROM r;
