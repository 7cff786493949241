SELECT id, i IN (7.5, 0.25) AS i1, i NOT IN (7.5, 1e2) AS i2, b IN (-3.5, d) AS b1, d IN (i, p) AS d1, p IN (d, 12) AS p1,
  (i, s) IN ((7.5, 'Alpha'), (0.9, s)) AS r1, 'A' IN (s, 'B') AS t1, i IN (7, CAST(NULL AS INT)) AS n1
FROM t;
