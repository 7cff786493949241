SELECT x.*, 1 AS uno FROM (SELECT a, b FROM t) AS x;
