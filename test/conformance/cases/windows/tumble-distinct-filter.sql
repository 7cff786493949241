-- compare: changes
SELECT auction, window_end, COUNT(DISTINCT bidder) AS d, COUNT(*) FILTER (WHERE price > 8) AS f, SUM(DISTINCT price) AS sd FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY auction, window_start, window_end;
