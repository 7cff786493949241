-- The table function alone: late rows pass.
SELECT auction, price, ts, window_start, window_end, window_time FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '5' SECOND));
