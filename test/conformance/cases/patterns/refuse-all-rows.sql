-- compare: materialized
SELECT * FROM ticks MATCH_RECOGNIZE ( PARTITION BY symbol ORDER BY ts MEASURES a.price AS x ALL ROWS PER MATCH PATTERN (a b) DEFINE a AS a.price > 1);
