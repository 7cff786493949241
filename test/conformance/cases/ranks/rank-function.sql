-- Only ROW_NUMBER makes a Top-N here.
SELECT game, player FROM (SELECT *, DENSE_RANK() OVER (PARTITION BY game ORDER BY points DESC) AS rn FROM scores) WHERE rn = 1;
