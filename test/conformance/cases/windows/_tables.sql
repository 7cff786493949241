-- file: bids.json
-- {"auction":1,"price":10.00,"bidder":"ann","ts":"2020-01-01 00:00:01"}
-- {"auction":2,"price":5.50,"bidder":"bob","ts":"2020-01-01 00:00:03"}
-- {"auction":1,"price":12.00,"bidder":"bob","ts":"2020-01-01 00:00:04.999"}
-- {"auction":1,"price":7.00,"bidder":"ann","ts":"2020-01-01 00:00:05"}
-- {"auction":2,"price":9.00,"bidder":null,"ts":"2020-01-01 00:00:08"}
-- {"auction":null,"price":1.00,"bidder":"cat","ts":"2020-01-01 00:00:09"}
-- {"auction":1,"price":3.00,"bidder":"dan","ts":"2020-01-01 00:00:07.500"}
-- {"auction":1,"price":20.00,"bidder":"bob","ts":"2020-01-01 00:00:15"}
-- {"auction":2,"price":99.00,"bidder":"late","ts":"2020-01-01 00:00:02"}
-- {"auction":1,"price":50.00,"bidder":"late","ts":"2020-01-01 00:00:11"}
-- {"auction":2,"price":2.50,"bidder":"ann","ts":"2020-01-01 00:00:31"}
-- {"auction":1,"price":4.00,"bidder":"eve","ts":"2020-01-01 00:00:30"}
-- file: items.json
-- {"id":1,"name":"chair","ts":"2020-01-01 00:00:02"}
-- {"id":3,"name":"lamp","ts":"2020-01-01 00:00:04"}
-- {"id":2,"name":"desk","ts":"2020-01-01 00:00:06"}
-- {"id":1,"name":"stool","ts":"2020-01-01 00:00:12"}
-- {"id":null,"name":"ghost","ts":"2020-01-01 00:00:13"}
-- {"id":2,"name":"bench","ts":"2020-01-01 00:00:32"}
CREATE TABLE bids (
  auction INT, price DECIMAL(10, 2), bidder STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '2' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${dir}/bids.json', 'format' = 'json');
CREATE TABLE items (
  id INT, name STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '2' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${dir}/items.json', 'format' = 'json');
