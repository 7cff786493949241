SELECT game, player, points FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY game ORDER BY points ASC NULLS LAST) AS rn FROM scores) WHERE rn <= 2;
