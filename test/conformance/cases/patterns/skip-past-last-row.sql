-- compare: materialized
SELECT * FROM ticks MATCH_RECOGNIZE (
  PARTITION BY symbol ORDER BY ts MEASURES FIRST(a.price) AS x, LAST(a.price) AS y, b.price AS z
  AFTER MATCH SKIP PAST LAST ROW PATTERN (a+ b) DEFINE a AS a.price < 22, b AS b.price > 18
);
