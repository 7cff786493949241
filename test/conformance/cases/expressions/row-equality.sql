SELECT id, (i, b) = (7, b) AS a, (i, s) = (b, 'Alpha') AS c, (i, p) = (0, p) AS e, (id, 1) = (1, id) AS g, (i, s) <> (7, s) AS h,
  NOT (i, s) = (7, 'Beta') AS k, (1, (i, b)) = (1, (i, b)) AS m
FROM t;
