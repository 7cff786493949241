-- file: ticks.json
-- {"symbol":"ACME","price":12,"tax":1,"ts":"2020-01-01 00:00:00"}
-- {"symbol":"ACME","price":17,"tax":2,"ts":"2020-01-01 00:00:01"}
-- {"symbol":"BETA","price":30,"tax":1,"ts":"2020-01-01 00:00:01"}
-- {"symbol":"ACME","price":19,"tax":1,"ts":"2020-01-01 00:00:02"}
-- {"symbol":"ACME","price":25,"tax":2,"ts":"2020-01-01 00:00:04"}
-- {"symbol":"ACME","price":21,"tax":3,"ts":"2020-01-01 00:00:03"}
-- {"symbol":"BETA","price":28,"tax":null,"ts":"2020-01-01 00:00:03"}
-- {"symbol":"ACME","price":18,"tax":1,"ts":"2020-01-01 00:00:05"}
-- {"symbol":"ACME","price":15,"tax":1,"ts":"2020-01-01 00:00:06"}
-- {"symbol":"BETA","price":null,"tax":2,"ts":"2020-01-01 00:00:06"}
-- {"symbol":"ACME","price":14,"tax":2,"ts":"2020-01-01 00:00:07"}
-- {"symbol":"BETA","price":31,"tax":3,"ts":"2020-01-01 00:00:08"}
-- {"symbol":"ACME","price":24,"tax":2,"ts":"2020-01-01 00:00:09"}
-- {"symbol":"ACME","price":25,"tax":2,"ts":"2020-01-01 00:00:09"}
-- {"symbol":"ACME","price":19,"tax":1,"ts":"2020-01-01 00:00:09"}
-- {"symbol":null,"price":1,"tax":1,"ts":"2020-01-01 00:00:10"}
-- {"symbol":"BETA","price":40,"tax":1,"ts":"2020-01-01 00:00:12"}
-- {"symbol":null,"price":2,"tax":1,"ts":"2020-01-01 00:00:13"}
-- {"symbol":"BETA","price":22,"tax":1,"ts":"2020-01-01 00:00:30"}
-- {"symbol":"ACME","price":20,"tax":1,"ts":"2020-01-01 00:00:41"}
CREATE TABLE ticks (
  symbol STRING, price INT, tax BIGINT, ts TIMESTAMP(3), proc AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '2' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${dir}/ticks.json', 'format' = 'json');
