-- compare: changes
-- Two users' sessions end together; what came of each is aggregated again, by its user.
-- file: visits.json
-- {"u":"a","v":1,"ts":"2024-01-01 00:00:00"}
-- {"u":"b","v":2,"ts":"2024-01-01 00:00:03"}
-- {"u":"a","v":3,"ts":"2024-01-01 00:00:04"}
-- {"u":"b","v":4,"ts":"2024-01-01 00:00:04"}
-- {"u":"b","v":5,"ts":"2024-01-01 00:00:30"}
CREATE TABLE visits (u STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '${dir}/visits.json', 'format' = 'json');
SELECT window_start, window_end, u, COUNT(*) AS n, SUM(v) AS s FROM (SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, u ORDER BY v DESC) AS rn FROM TABLE(SESSION(TABLE visits PARTITION BY u, DESCRIPTOR(ts), INTERVAL '5' SECOND))) WHERE rn <= 5) GROUP BY window_start, window_end, u;
