SELECT
  id,
  PRINTF('%05d|%s', i, i) AS a,
  PRINTF('%5.2f|%.3s', d, s) AS b,
  PRINTF('%.2f', p) AS c,
  PRINTF('%d', d) AS e,
  PRINTF('%x %o', i, b) AS f,
  PRINTF('%g', d) AS g,
  PRINTF('%d', dt) AS h,
  PRINTF('%c', i) AS k,
  PRINTF('%q', i) AS l,
  PRINTF('%d', ts) AS m
FROM t;
