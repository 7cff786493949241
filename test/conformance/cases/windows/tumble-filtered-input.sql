SELECT window_start, COUNT(*) AS c FROM TABLE(TUMBLE((SELECT * FROM bids WHERE price > 5), DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
