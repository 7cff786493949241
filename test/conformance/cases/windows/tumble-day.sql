-- Windows of a day begin at midnight of the timestamp, a row before 1970 included.
-- file: days.json
-- {"ts":"1969-12-31 23:00:00"}
-- {"ts":"1970-01-01 01:00:00"}
-- {"ts":"1970-01-02 00:00:00"}
CREATE TABLE days (ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '${dir}/days.json', 'format' = 'json');
SELECT window_start, window_end, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE days, DESCRIPTOR(ts), INTERVAL '1' DAY)) GROUP BY window_start, window_end;
