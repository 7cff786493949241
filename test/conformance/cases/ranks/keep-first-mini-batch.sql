-- compare: materialized
-- key: game
-- With mini-batches the first row does not wait for the watermark: late rows replace it.
SET 'table.exec.mini-batch.enabled' = 'true';
SET 'table.exec.mini-batch.allow-latency' = '1 s';
SET 'table.exec.mini-batch.size' = '3';
SELECT game, player, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY game ORDER BY ts) AS rn FROM scores) WHERE rn = 1;
