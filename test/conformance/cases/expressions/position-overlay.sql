SELECT id, POSITION('p' IN s) AS a, LOCATE('a', s) AS b, LOCATE('a', s, 5) AS c, INSTR(s, 'ph') AS d, OVERLAY(s PLACING 'ZZ' FROM 2 FOR 3) AS e, REPLACE(s, 'l', 'LL') AS r FROM t;
