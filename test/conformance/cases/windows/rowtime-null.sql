-- A row without its time fails the job.
CREATE TABLE broken (a INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '${dir}/broken.json', 'format' = 'json');
-- file: broken.json
-- {"a":1,"ts":"2020-01-01 00:00:00"}
-- {"a":2,"ts":null}
SELECT * FROM broken;
