-- WHERE keeps only what is true.
SELECT id FROM t WHERE NOT (i > 0);
