SELECT CAST('ab' AS CHAR(4)) || '|' AS padded, CAST('abcdef' AS CHAR(3)) AS cut, CAST('abcdef' AS VARCHAR(4)) AS vcut, CAST('a' AS CHAR(3)) = 'a' AS eq;
