SELECT game, player FROM (SELECT game, player, ROW_NUMBER() OVER (PARTITION BY game ORDER BY pt) AS rn FROM (SELECT *, PROCTIME() AS pt FROM scores)) WHERE rn = 1;
