-- compare: changes
-- Every later step fires again, with or without new rows.
SELECT auction, window_start, window_end, COUNT(*) AS c, SUM(price) AS s FROM TABLE(CUMULATE(TABLE bids, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND)) GROUP BY auction, window_start, window_end;
