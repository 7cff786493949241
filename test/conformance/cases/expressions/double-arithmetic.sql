SELECT id, d + 0.5E0 AS plus, d * d AS squared, d / 3 AS third, d + i AS mixed, CAST(d AS FLOAT) AS narrow FROM t;
