-- compare: materialized
SELECT * FROM ticks MATCH_RECOGNIZE ( PARTITION BY symbol ORDER BY ts DESC MEASURES a.price AS x PATTERN (a b) DEFINE a AS a.price > 1);
