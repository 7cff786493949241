SELECT id, LPAD(s, 7, '*') AS l, RPAD(s, 3, '-') AS r, REPEAT(s, 2) AS rp FROM t;
