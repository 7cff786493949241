-- compare: materialized
SELECT * FROM ticks MATCH_RECOGNIZE ( PARTITION BY symbol ORDER BY ts MEASURES a.price AS x PATTERN (a b?? c) DEFINE a AS a.price > 1);
