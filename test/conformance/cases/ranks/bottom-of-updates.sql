-- compare: materialized
-- The sort key moves against the order, so the ranked rows must be kept.
SELECT player, n FROM (SELECT player, n, ROW_NUMBER() OVER (ORDER BY n ASC, player) AS rn FROM (SELECT player, COUNT(*) AS n FROM scores GROUP BY player)) WHERE rn <= 2;
