-- compare: materialized
SELECT * FROM ticks MATCH_RECOGNIZE ( PARTITION BY symbol ORDER BY ts MEASURES SUM(a.price * b.price) AS x PATTERN (a b) DEFINE a AS a.price > 1);
