-- compare: changes
SELECT auction, window_start, window_end, COUNT(*) AS c, SUM(price) AS s FROM TABLE(SESSION(TABLE bids PARTITION BY auction, DESCRIPTOR(ts), INTERVAL '4' SECOND)) GROUP BY auction, window_start, window_end;
