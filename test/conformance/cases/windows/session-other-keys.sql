-- compare: changes
-- Sessions found by one key and grouped without it: a running aggregation, and sessions that end together stay apart.
-- file: visits.json
-- {"u":"a","v":1,"ts":"2024-01-01 00:00:00"}
-- {"u":"b","v":2,"ts":"2024-01-01 00:00:03"}
-- {"u":"a","v":3,"ts":"2024-01-01 00:00:04"}
-- {"u":"b","v":4,"ts":"2024-01-01 00:00:04"}
-- {"u":"b","v":5,"ts":"2024-01-01 00:00:30"}
CREATE TABLE visits (u STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '${dir}/visits.json', 'format' = 'json');
SELECT window_start, window_end, COUNT(*) AS n, SUM(v) AS s FROM TABLE(SESSION(TABLE visits PARTITION BY u, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY window_start, window_end;
