-- compare: changes
-- A late row still counts in the windows that have not fired.
SELECT auction, window_start, window_end, COUNT(*) AS c, SUM(price) AS s FROM TABLE(HOP(TABLE bids, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '15' SECOND)) GROUP BY auction, window_start, window_end;
