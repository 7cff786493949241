SELECT id, i IS NULL AS n, s IS NOT NULL AS nn, COALESCE(i, id * 100) AS c, NULLIF(i, 7) AS ni, IFNULL(s, 'none') AS fn, IF(f, 'yes', 'no') AS y FROM t;
