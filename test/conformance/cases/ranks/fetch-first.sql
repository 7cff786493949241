-- compare: materialized
SELECT player, points FROM scores ORDER BY player, points FETCH FIRST 2 ROWS ONLY;
