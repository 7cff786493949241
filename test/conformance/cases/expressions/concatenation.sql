SELECT id, s || '!' AS a, CONCAT(s, '-', 'x') AS b, CONCAT_WS(',', s, CAST(NULL AS STRING), 'z') AS c, 'n' || CAST(i AS STRING) AS d FROM t;
