-- compare: changes
SELECT auction, window_end, COUNT(DISTINCT bidder) AS d, MIN(price) AS m FROM TABLE(SESSION(TABLE bids PARTITION BY auction, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY auction, window_start, window_end;
