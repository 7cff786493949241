-- Bounded side input: each bid meets a row of a small table. Flink looks nothing up in files, so the join is temporal.
CREATE TABLE nexmark_q13 (
  auction BIGINT,
  bidder BIGINT,
  price BIGINT,
  `dateTime` TIMESTAMP(3),
  `value` STRING
) WITH ('connector' = 'blackhole');

INSERT INTO nexmark_q13
SELECT B.auction, B.bidder, B.price, B.`dateTime`, S.`value`
FROM (SELECT *, MOD(auction, 10000) AS side_key FROM bid) B
JOIN side_input FOR SYSTEM_TIME AS OF B.`dateTime` AS S ON B.side_key = S.key;
