-- compare: materialized
-- key: game
SELECT game, player, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY game ORDER BY ts DESC) AS rn FROM scores) WHERE rn = 1;
