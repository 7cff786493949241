-- compare: materialized
-- Updates folded per key: the table they fold into is the same.
SET 'table.exec.mini-batch.enabled' = 'true';
SET 'table.exec.mini-batch.allow-latency' = '1 s';
SET 'table.exec.mini-batch.size' = '100';
SELECT shop, COUNT(*) AS c, SUM(price) AS p, COUNT(DISTINCT item) AS d FROM sales GROUP BY shop;
