-- compare: materialized
SELECT * FROM ticks MATCH_RECOGNIZE (
  PARTITION BY symbol ORDER BY ts MEASURES COUNT(a.price) AS a, COUNT(b.price) AS b, c.price AS c
  AFTER MATCH SKIP TO NEXT ROW PATTERN (a{1,3} b{2} c) DEFINE a AS a.price < 22, b AS b.price > 14
);
