-- Elements that are not there, where something of the expression is a column.
SELECT x, ARRAY[1, 2][x] AS i, ARRAY[x][5] AS own, ARRAY['x'][x + 4] AS s, MAP['a', 1][CAST(x AS STRING)] AS m, CAST(ARRAY[1, 2] AS ARRAY<INT NOT NULL>)[x + 2] AS c FROM (VALUES (1), (3)) AS v(x);
