-- compare: materialized
-- Column types become their common type, names come from the first.
SELECT a AS k, 'ab' AS s FROM l UNION ALL SELECT CAST(a AS BIGINT) + 1, 'abc' FROM r UNION ALL SELECT 1.5, b FROM l WHERE a = 2;
