SELECT MD5('abc') AS m, SHA1('abc') AS s1, SHA256('abc') AS s2, TO_BASE64('hello') AS b, FROM_BASE64('aGVsbG8=') AS fb, HEX(255) AS h, HEX('az') AS hs, BIN(5) AS bin;
