SELECT 'a' < 'B' AS a, 'a' = 'a ' AS b, 'Z' < 'a' AS c, 'é' > 'z' AS d, '' < 'a' AS e;
