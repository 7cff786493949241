-- MAX and MIN when their row is taken back.
SELECT MAX(c) AS mx, MIN(c) AS mn FROM (SELECT shop, COUNT(*) AS c FROM sales GROUP BY shop);
