-- compare: changes
-- Two rows come after their window fired: they are dropped.
SELECT auction, window_start, window_end, COUNT(*) AS c, SUM(price) AS s, MAX(price) AS m FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY auction, window_start, window_end;
