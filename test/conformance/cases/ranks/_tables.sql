-- file: scores.json
-- {"game":"a","player":"ann","points":5,"ts":"2020-01-01 00:00:01"}
-- {"game":"b","player":"bob","points":3,"ts":"2020-01-01 00:00:02"}
-- {"game":"a","player":"bob","points":9,"ts":"2020-01-01 00:00:03"}
-- {"game":"a","player":"cat","points":null,"ts":"2020-01-01 00:00:04"}
-- {"game":"b","player":"ann","points":3,"ts":"2020-01-01 00:00:02"}
-- {"game":"a","player":"ann","points":7,"ts":"2020-01-01 00:00:06"}
-- {"game":null,"player":"dan","points":1,"ts":"2020-01-01 00:00:05"}
-- {"game":"b","player":"cat","points":8,"ts":"2020-01-01 00:00:08"}
-- {"game":"a","player":"eve","points":9,"ts":"2020-01-01 00:00:09"}
CREATE TABLE scores (
  game STRING, player STRING, points INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${dir}/scores.json', 'format' = 'json');
