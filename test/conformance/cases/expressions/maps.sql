SELECT MAP['a', 1, 'b', 2] AS m, MAP['a', 1]['a'] AS v, MAP['a', 1]['z'] AS n, CARDINALITY(MAP['a', 1, 'b', 2]) AS c, MAP_KEYS(MAP['k', 1]) AS k, MAP_VALUES(MAP['k', 1]) AS vs;
