-- window_time carries the time into a second, wider window.
SELECT window_start, window_end, SUM(c) AS total, MAX(s) AS top FROM TABLE(TUMBLE((SELECT window_time AS rt, COUNT(*) AS c, SUM(price) AS s FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY window_start, window_end, window_time), DESCRIPTOR(rt), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
