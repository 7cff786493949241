-- compare: materialized
-- Ranked rows are taken back and others move up.
SELECT player, n FROM (SELECT player, n, ROW_NUMBER() OVER (ORDER BY player) AS rn FROM (SELECT player, COUNT(*) AS n FROM scores GROUP BY player HAVING COUNT(*) < 2)) WHERE rn <= 2;
