CREATE TABLE raw_bids (auction INT, bidder STRING, ts STRING, rt AS TO_TIMESTAMP(ts), WATERMARK FOR rt AS rt - INTERVAL '1' SECOND) WITH ('connector' = 'filesystem', 'path' = '${dir}/bids.json', 'format' = 'json');
SELECT window_start, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE raw_bids, DESCRIPTOR(rt), INTERVAL '5' SECOND)) GROUP BY window_start, window_end;
