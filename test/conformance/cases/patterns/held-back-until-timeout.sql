-- compare: materialized
SELECT * FROM ticks MATCH_RECOGNIZE (
  PARTITION BY symbol ORDER BY ts MEASURES a.price AS x, c.price AS z, MATCH_ROWTIME() AS at_time
  PATTERN (a b* c) WITHIN INTERVAL '4' SECOND DEFINE b AS a.price = 12, c AS a.price <> 12 AND c.price < 22
);
