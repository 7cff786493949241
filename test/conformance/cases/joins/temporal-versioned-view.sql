-- compare: changes
-- file: rates.json
-- {"currency":"EUR","rate":1.10,"ts":"2020-01-01 00:00:00"}
-- {"currency":"YEN","rate":0.01,"ts":"2020-01-01 00:00:05"}
-- {"currency":"EUR","rate":1.20,"ts":"2020-01-01 00:00:10"}
-- file: sums.json
-- {"id":1,"currency":"EUR","ts":"2020-01-01 00:00:03"}
-- {"id":2,"currency":"YEN","ts":"2020-01-01 00:00:04"}
-- {"id":3,"currency":"EUR","ts":"2020-01-01 00:00:10"}
CREATE TABLE rate_log (currency STRING, rate DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '${dir}/rates.json', 'format' = 'json');
CREATE TABLE sums (id INT, currency STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '${dir}/sums.json', 'format' = 'json');
CREATE VIEW rates AS SELECT currency, rate, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY currency ORDER BY ts DESC) AS rn FROM rate_log) WHERE rn = 1;
SELECT s.id, s.currency, r.rate FROM sums AS s JOIN rates FOR SYSTEM_TIME AS OF s.ts AS r ON s.currency = r.currency;
