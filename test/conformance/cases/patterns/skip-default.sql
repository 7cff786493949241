-- compare: materialized
SELECT * FROM ticks MATCH_RECOGNIZE (
  PARTITION BY symbol ORDER BY ts MEASURES a.price AS x, c.price AS z PATTERN (a b? c) DEFINE b AS b.price > 20
);
