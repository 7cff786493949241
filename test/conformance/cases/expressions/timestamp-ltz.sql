-- TIMESTAMP_LTZ is an instant, shown and taken apart in the zone of the session.
SET 'table.local-time-zone' = 'America/Los_Angeles';
SELECT TO_TIMESTAMP_LTZ(0, 3) AS z, CAST(TO_TIMESTAMP_LTZ(1583661600000, 3) AS STRING) AS s, CAST(TO_TIMESTAMP_LTZ(1583661600000, 3) AS TIMESTAMP(3)) AS here, EXTRACT(HOUR FROM TO_TIMESTAMP_LTZ(1583661600000, 3)) AS h;
