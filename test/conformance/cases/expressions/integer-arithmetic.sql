SELECT id, i + 1 AS plus, i - 3 AS less, i * 2 AS times, -i AS negated, + i AS same FROM t;
