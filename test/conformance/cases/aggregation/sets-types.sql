-- What is summed is the grouped column itself, which the sets leave as it is.
SELECT n, SUM(n) AS s, MIN(n) AS m FROM (SELECT shop, COUNT(*) AS n FROM sales GROUP BY shop) GROUP BY ROLLUP (n);
