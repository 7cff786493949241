-- IN over a list with NULL is true or unknown, NOT IN is false or unknown.
SELECT id, i IN (7, 0) AS a, i NOT IN (7, 0) AS b, i IN (7, NULL) AS c, i NOT IN (7, NULL) AS d, s IN ('Alpha', 'Beta') AS e FROM t;
