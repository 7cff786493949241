-- Integer division truncates toward zero, the remainder takes the sign of the dividend.
SELECT id, i / 2 AS quotient, i % 4 AS remainder, MOD(i, -4) AS modulo FROM t;
