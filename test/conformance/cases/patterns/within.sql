-- compare: materialized
SELECT * FROM ticks MATCH_RECOGNIZE (
  PARTITION BY symbol ORDER BY ts MEASURES a.ts AS x, c.ts AS z, COUNT(b.price) AS n
  AFTER MATCH SKIP TO NEXT ROW PATTERN (a b* c) WITHIN INTERVAL '3' SECOND DEFINE b AS b.price < 22, c AS c.price > 20
);
