SELECT window_start, window_end, COUNT(*) AS c, AVG(price) AS a, MIN(bidder) AS b FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
