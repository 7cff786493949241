-- compare: materialized
SELECT player, points FROM scores ORDER BY points DESC, player, ts LIMIT 2 OFFSET 1;
