-- A frame that counts back may be empty, says the type.
SELECT SUM(1) OVER w AS s, MAX('x') OVER w AS m, COUNT(*) OVER w AS c FROM scores WINDOW w AS (PARTITION BY game ORDER BY ts ROWS BETWEEN 1 PRECEDING AND CURRENT ROW);
