-- compare: materialized
-- key: game
SELECT game, player, points FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY game ORDER BY points DESC) AS rn FROM scores) WHERE rn = 1;
