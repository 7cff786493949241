SELECT id, SHA2(s, i - i) AS x FROM t;
