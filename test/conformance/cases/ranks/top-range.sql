-- Ranks from 2 to 3.
SELECT game, player, points FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY game ORDER BY points DESC) AS rn FROM scores) WHERE rn BETWEEN 2 AND 3;
