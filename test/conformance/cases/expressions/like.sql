SELECT id, s LIKE 'Al%' AS a, s LIKE '_lpha' AS b, s NOT LIKE '%a' AS c, s LIKE '' AS d, s LIKE '%漢%' AS e, 'a_b' LIKE 'a\_b' ESCAPE '\' AS f, 'a%b' LIKE 'a!%b' ESCAPE '!' AS g FROM t;
