SELECT s, SUM(n) AS t FROM (VALUES (1, 'a'), (2, 'b'), (3, 'a')) AS v (n, s) GROUP BY s;
