SELECT id, STARTSWITH(s, 'Al') AS a, ENDSWITH(s, 'a') AS b, ELT(2, 'x', 'y') AS e, BTRIM('xxaxx', 'x') AS c FROM t;
