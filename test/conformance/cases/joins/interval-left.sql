-- compare: changes
-- file: clicks.json
-- {"k":1,"page":"a","ts":"2020-01-01 00:00:01"}
-- {"k":2,"page":"b","ts":"2020-01-01 00:00:05"}
-- {"k":1,"page":"c","ts":"2020-01-01 00:00:20"}
-- {"k":null,"page":"d","ts":"2020-01-01 00:00:21"}
-- file: shows.json
-- {"k":1,"ad":"p","ts":"2020-01-01 00:00:03"}
-- {"k":2,"ad":"q","ts":"2020-01-01 00:00:12"}
-- {"k":1,"ad":"r","ts":"2020-01-01 00:00:19"}
CREATE TABLE clicks (k INT, page STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' MINUTE) WITH ('connector' = 'filesystem', 'path' = '${dir}/clicks.json', 'format' = 'json');
CREATE TABLE shows (k INT, ad STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' MINUTE) WITH ('connector' = 'filesystem', 'path' = '${dir}/shows.json', 'format' = 'json');
SELECT c.page, v.ad FROM clicks AS c LEFT JOIN shows AS v ON c.k = v.k AND v.ts BETWEEN c.ts AND c.ts + INTERVAL '5' SECOND;
