-- NULL comes first in ascending order.
SELECT game, player, points FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY game ORDER BY points) AS rn FROM scores) WHERE rn <= 2;
