CREATE TABLE ltz_bids (auction INT, ts STRING, rt AS CAST(TO_TIMESTAMP(ts) AS TIMESTAMP_LTZ(3)), WATERMARK FOR rt AS rt) WITH ('connector' = 'filesystem', 'path' = '${dir}/bids.json', 'format' = 'json');
SET 'table.local-time-zone' = 'Asia/Tokyo';
SELECT window_start, window_end, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE ltz_bids, DESCRIPTOR(rt), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
