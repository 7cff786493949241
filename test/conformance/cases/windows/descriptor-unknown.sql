SELECT window_start, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(nope), INTERVAL '5' SECOND)) GROUP BY window_start, window_end;
