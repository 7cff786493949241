SELECT '😀' AS a, CHAR_LENGTH('😀') AS b, 'a😀' || 'b' AS c;
