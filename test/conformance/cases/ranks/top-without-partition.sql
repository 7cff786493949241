SELECT player, points FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY points DESC) AS rn FROM scores) WHERE rn <= 3;
