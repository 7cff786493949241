-- compare: materialized
-- key: game
SELECT game, player FROM (SELECT game, player, ROW_NUMBER() OVER (PARTITION BY game ORDER BY pt DESC) AS rn FROM (SELECT *, PROCTIME() AS pt FROM scores)) WHERE rn = 1;
