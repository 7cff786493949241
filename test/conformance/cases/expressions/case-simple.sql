SELECT id, CASE i WHEN 7 THEN 'seven' WHEN 0 THEN 'zero' ELSE 'other' END AS a, CASE s WHEN '' THEN 1 END AS b FROM t;
