-- compare: materialized
-- Of one time the first row stays.
-- key: game
SELECT game, player, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY game ORDER BY ts) AS rn FROM scores) WHERE rn = 1;
