-- Short texts go through a scanner of Flink's own.
SELECT
  x,
  TRY_CAST(x AS DECIMAL(5, 2)) AS a,
  TRY_CAST(x AS DECIMAL(3, 0)) AS b,
  TRY_CAST(x AS DECIMAL(38, 3)) AS c
FROM (VALUES ('1.5'), ('12x'), ('x'), ('x1'), ('1 2'), ('1,5'), ('1e2'), ('1e'), ('1e+'), ('1e1x'), ('-'), ('+7'), ('.'), ('.5'), ('5.'), ('1.2.3'), (' 9 '), ('0000012'), ('1.005'), ('-1.005'), ('999.995'), ('1E-3'), (''), (' '), ('漢'), ('0.0000000000000001'), ('12345678901234567890')) AS v (x);
