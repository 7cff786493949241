-- compare: materialized
SELECT * FROM ticks MATCH_RECOGNIZE (
  ORDER BY ts MEASURES a.symbol AS x, b.symbol AS y, MATCH_ROWTIME() AS at_time, MATCH_ROWTIME(ts) AS same_time
  AFTER MATCH SKIP PAST LAST ROW PATTERN (a b) DEFINE b AS b.symbol <> a.symbol
);
