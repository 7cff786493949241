-- compare: materialized
WITH m AS (SELECT * FROM ticks MATCH_RECOGNIZE (
  PARTITION BY symbol ORDER BY ts MEASURES a.price AS x, MATCH_ROWTIME() AS at_time PATTERN (a b) DEFINE b AS b.price > a.price
))
SELECT window_start, window_end, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE m, DESCRIPTOR(at_time), INTERVAL '5' SECOND)) GROUP BY window_start, window_end;
