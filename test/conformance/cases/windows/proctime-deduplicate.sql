CREATE VIEW current_bids AS SELECT auction, price, PROCTIME() AS p FROM bids;
SELECT auction, price FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, auction ORDER BY p) AS rn FROM TABLE(TUMBLE(TABLE current_bids, DESCRIPTOR(p), INTERVAL '5' SECOND))) WHERE rn = 1;
