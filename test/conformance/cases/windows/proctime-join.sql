CREATE VIEW current_bids AS SELECT auction, price, PROCTIME() AS p FROM bids;
SELECT a.auction, b.price FROM TABLE(TUMBLE(TABLE current_bids, DESCRIPTOR(p), INTERVAL '5' SECOND)) a JOIN TABLE(TUMBLE(TABLE current_bids, DESCRIPTOR(p), INTERVAL '5' SECOND)) b ON a.auction = b.auction AND a.window_start = b.window_start AND a.window_end = b.window_end;
