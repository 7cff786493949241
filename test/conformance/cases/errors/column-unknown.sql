SELECT a, nope FROM t;
