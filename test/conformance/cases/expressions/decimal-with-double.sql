SELECT id, p + d AS a, p * d AS b, p > d AS c FROM t;
