-- 02:30 does not exist on 8 March 2020 in Los Angeles, and 01:30 is there twice on 1 November.
SET 'table.local-time-zone' = 'America/Los_Angeles';
SELECT CAST(TIMESTAMP '2020-03-08 02:30:00' AS TIMESTAMP_LTZ(3)) AS gap, CAST(TIMESTAMP '2020-11-01 01:30:00' AS TIMESTAMP_LTZ(3)) AS overlap, CAST(TIMESTAMP '2020-07-01 12:00:00' AS TIMESTAMP_LTZ(3)) AS summer;
