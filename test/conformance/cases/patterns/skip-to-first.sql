-- compare: materialized
SELECT * FROM ticks MATCH_RECOGNIZE (
  PARTITION BY symbol ORDER BY ts MEASURES FIRST(a.price) AS x, b.price AS y, c.price AS z
  AFTER MATCH SKIP TO FIRST c PATTERN (a+ b c) DEFINE a AS a.price < 20, b AS b.price > 18
);
