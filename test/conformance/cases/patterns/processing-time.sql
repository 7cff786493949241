-- compare: materialized
SELECT * FROM ticks MATCH_RECOGNIZE (
  PARTITION BY symbol ORDER BY proc MEASURES a.price AS x, b.price AS y AFTER MATCH SKIP PAST LAST ROW PATTERN (a b) DEFINE b AS b.price > a.price
);
