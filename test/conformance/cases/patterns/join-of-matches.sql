-- compare: materialized
SELECT m.symbol, z.name, m.low FROM ticks MATCH_RECOGNIZE (
  PARTITION BY symbol ORDER BY ts MEASURES MIN(a.price) AS low AFTER MATCH SKIP PAST LAST ROW PATTERN (a{2} b) DEFINE b AS b.price > 15
) AS m JOIN (VALUES ('ACME', 'Acme'), ('BETA', 'Beta')) AS z (symbol, name) ON m.symbol = z.symbol WHERE m.low > 12;
