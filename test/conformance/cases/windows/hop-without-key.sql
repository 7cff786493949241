SELECT window_start, window_end, COUNT(*) AS c, MAX(price) AS m FROM TABLE(HOP(TABLE bids, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
