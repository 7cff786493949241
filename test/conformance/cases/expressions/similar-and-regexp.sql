SELECT id, s SIMILAR TO 'A(l|b)+pha' AS a, REGEXP(s, 'l.*a') AS b, REGEXP_EXTRACT(s, '(l)(p)', 2) AS c, REGEXP_REPLACE(s, '[aeiou]', '*') AS d FROM t;
