CREATE VIEW current_bids AS SELECT auction, price, PROCTIME() AS p FROM bids;
SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, auction ORDER BY price) AS rn FROM TABLE(TUMBLE(TABLE current_bids, DESCRIPTOR(p), INTERVAL '5' SECOND))) WHERE rn <= 2;
