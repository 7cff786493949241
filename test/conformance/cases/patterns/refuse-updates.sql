-- compare: materialized
SELECT * FROM (SELECT symbol, MAX(price) AS price, PROCTIME() AS p FROM ticks GROUP BY symbol) MATCH_RECOGNIZE (ORDER BY p MEASURES a.price AS x PATTERN (a b) DEFINE a AS a.price > 1);
