-- compare: materialized
SELECT * FROM ticks MATCH_RECOGNIZE (
  PARTITION BY symbol ORDER BY ts
  MEASURES FIRST(down.ts) AS from_ts, LAST(down.ts) AS bottom_ts, LAST(up.ts) AS to_ts, LAST(down.price) AS bottom, COUNT(down.price) AS n
  ONE ROW PER MATCH AFTER MATCH SKIP TO LAST up
  PATTERN (top down+ up)
  DEFINE down AS (LAST(down.price, 1) IS NULL AND down.price < top.price) OR down.price < LAST(down.price, 1),
    up AS up.price > LAST(down.price)
) AS m;
