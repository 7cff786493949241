-- Aggregating what a deduplication updates.
SELECT COUNT(*) AS c, MAX(points) AS m FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY game ORDER BY ts DESC) AS rn FROM scores) WHERE rn = 1;
