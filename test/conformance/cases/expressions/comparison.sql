SELECT id, i = 7 AS eq, i <> 7 AS ne, i < 0 AS lt, i >= 0 AS ge, s > 'A' AS sg, dt <= DATE '2020-12-31' AS dl, p = 12.340 AS pe, b > i AS bi FROM t;
