SELECT * FROM (VALUES (1, 'a', CAST(NULL AS DOUBLE)), (2, 'bcd', 1.5E0), (3, '', 2E0)) AS v (n, s, d);
