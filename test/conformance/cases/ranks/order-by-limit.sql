-- compare: materialized
SELECT player, points FROM scores ORDER BY points DESC, player LIMIT 3;
