SELECT PARSE_URL('http://x.org/p?q=1#f', 'HOST') AS h, PARSE_URL('http://x.org/p?q=1', 'QUERY', 'q') AS q, URL_ENCODE('a b&c') AS e, URL_DECODE('a+b%26c') AS d, TRANSLATE('hello', 'el', 'ip') AS t;
