-- What is not there in an array, a map or a row is NULL.
SELECT a, c[5] AS beyond, MAP['k', a]['z'] AS no_key, t.n.v AS field FROM t;
