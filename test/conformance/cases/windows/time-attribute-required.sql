SELECT window_start, COUNT(*) AS c FROM TABLE(TUMBLE((SELECT auction, CAST(ts AS STRING) AS ts FROM bids), DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY window_start, window_end;
