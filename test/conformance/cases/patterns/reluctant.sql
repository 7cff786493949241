-- compare: materialized
SELECT * FROM ticks MATCH_RECOGNIZE (
  PARTITION BY symbol ORDER BY ts MEASURES FIRST(a.price) AS x, COUNT(a.price) AS n, b.price AS z
  AFTER MATCH SKIP PAST LAST ROW PATTERN (a+? b) DEFINE b AS b.price > 18
);
