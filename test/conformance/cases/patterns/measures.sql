-- compare: materialized
SELECT * FROM ticks MATCH_RECOGNIZE (
  PARTITION BY symbol ORDER BY ts
  MEASURES FIRST(a.price, 1) AS second_one, LAST(a.price, 1) AS last_but_one, LAST(price, 1) AS before_last, FIRST(price + tax, 2) AS third_one,
    LISTAGG(a.symbol, '-') AS names, FINAL LAST(a.price) AS final_last, UPPER(b.symbol) || '!' AS loud,
    CASE WHEN MAX(a.price) > b.price THEN 'below' ELSE 'above' END AS place, symbol IS NULL AS nameless, 42 AS answer
  AFTER MATCH SKIP PAST LAST ROW PATTERN (a{2,3} b) DEFINE a AS a.price > 0
);
