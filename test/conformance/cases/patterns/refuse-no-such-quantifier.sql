-- compare: materialized
SELECT * FROM ticks MATCH_RECOGNIZE ( PARTITION BY symbol ORDER BY ts MEASURES a.price AS x PATTERN (a{3,2} b) DEFINE a AS a.price > 1);
