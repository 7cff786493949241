-- Sorting by the time attribute needs no limit; a row behind the watermark is dropped.
SELECT player, ts FROM scores ORDER BY ts;
