-- compare: changes
SELECT UPPER(bidder) AS b, window_start, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '20' SECOND)) GROUP BY UPPER(bidder), window_start, window_end;
