SELECT window_start, window_end, COUNT(*) AS c FROM TABLE(SESSION(TABLE bids, DESCRIPTOR(ts), INTERVAL '3' SECOND)) GROUP BY window_start, window_end;
