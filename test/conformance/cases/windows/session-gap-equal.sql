-- compare: changes
-- A gap of exactly the size merges: ann at 1 s and 5 s with a gap of 4 s.
SELECT bidder, window_start, window_end, COUNT(*) AS c FROM TABLE(SESSION(TABLE bids PARTITION BY bidder, DESCRIPTOR(ts), INTERVAL '4' SECOND)) GROUP BY bidder, window_start, window_end;
