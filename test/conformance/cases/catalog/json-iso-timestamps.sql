-- file: iso.json
-- {"ts":"2020-01-01T10:00:00.5","z":"2020-01-01T10:00:00.5Z","d":"2020-01-01","m":"10:11:12"}
CREATE TABLE u (ts TIMESTAMP(3), z TIMESTAMP_LTZ(3), d DATE, m TIME) WITH ('connector' = 'filesystem', 'path' = '${dir}/iso.json', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
SELECT * FROM u;
