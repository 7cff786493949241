-- compare: changes
SELECT window_end, SUM(DISTINCT price) AS p, AVG(DISTINCT auction) AS a FROM TABLE(CUMULATE(TABLE bids, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
