-- GREATEST and LEAST with a NULL are NULL.
SELECT id, GREATEST(i, 3, 5) AS g, LEAST(i, 3) AS l, GREATEST(p, 1.5) AS gp, LEAST(s, 'B') AS ls FROM t;
