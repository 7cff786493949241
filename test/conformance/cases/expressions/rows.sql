SELECT ROW(1, 'a', CAST(NULL AS INT)) AS r, r2.x AS x, r2.y.z AS z FROM (SELECT CAST(ROW(1, ROW('deep')) AS ROW<x INT, y ROW<z STRING>>) AS r2);
