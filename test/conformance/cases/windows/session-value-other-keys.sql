-- compare: materialized
-- Sessions found by other columns than the groups' are aggregated row by row, which any aggregate can.
SELECT window_end, bidder, LAST_VALUE(price) AS p FROM TABLE(SESSION(TABLE bids PARTITION BY auction, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY window_start, window_end, bidder;
