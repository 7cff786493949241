-- compare: materialized
SELECT * FROM ticks MATCH_RECOGNIZE (
  PARTITION BY symbol ORDER BY ts, price DESC MEASURES a.price AS x, b.price AS y, c.price AS z
  AFTER MATCH SKIP PAST LAST ROW PATTERN (a b c) DEFINE b AS b.price < a.price, c AS c.price < b.price
);
