-- compare: changes
SELECT auction, window_end, AVG(price) AS a, FIRST_VALUE(bidder) AS f, LAST_VALUE(bidder) AS l, STDDEV_POP(CAST(price AS DOUBLE)) AS sd FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '20' SECOND)) GROUP BY auction, window_start, window_end;
