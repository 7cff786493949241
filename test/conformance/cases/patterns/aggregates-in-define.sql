-- compare: materialized
SELECT * FROM ticks MATCH_RECOGNIZE (
  PARTITION BY symbol ORDER BY ts MEASURES SUM(a.price) AS s, COUNT(*) AS n, AVG(price) AS average, b.price AS z, SUM(price * tax) AS t
  AFTER MATCH SKIP PAST LAST ROW PATTERN (a+ b) DEFINE a AS SUM(a.price) < 60, b AS b.price > AVG(a.price)
);
