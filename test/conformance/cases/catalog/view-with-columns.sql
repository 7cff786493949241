CREATE VIEW v (k, l) AS SELECT a, b FROM t;
SELECT k, l FROM v;
