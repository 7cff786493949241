-- compare: materialized
-- key: game
SELECT * FROM (SELECT game, points, ROW_NUMBER() OVER (PARTITION BY game ORDER BY points DESC) AS rn FROM scores WHERE points IS NOT NULL) WHERE rn < 2;
