-- compare: materialized
SELECT * FROM ticks MATCH_RECOGNIZE (
  PARTITION BY symbol ORDER BY ts MEASURES FIRST(a.price) AS x, COUNT(a.ts) AS a, COUNT(b.ts) AS b, c.price AS c
  AFTER MATCH SKIP TO NEXT ROW PATTERN (a+? b*? c) DEFINE a AS a.price < 25, b AS b.price < 26, c AS c.price > 20
);
