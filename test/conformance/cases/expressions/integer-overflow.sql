-- Integer arithmetic wraps around.
SELECT id, b + 1 AS wrapped, b * 2 AS doubled, CAST(2147483647 AS INT) + i AS near FROM t;
