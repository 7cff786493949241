-- compare: materialized
SELECT player, total FROM (SELECT player, total, ROW_NUMBER() OVER (ORDER BY total DESC, player) AS rn FROM (SELECT player, SUM(points) AS total FROM scores GROUP BY player)) WHERE rn <= 2;
