-- CHAR literals of different lengths in one CASE.
SELECT id, CASE WHEN f THEN 'yes' ELSE 'maybe' END AS a, CASE f WHEN true THEN 'x' END || '!' AS b FROM t;
