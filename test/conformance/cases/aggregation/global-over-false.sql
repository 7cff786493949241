-- Unlike no rows at run time, none at all are counted at once.
SELECT COUNT(*) AS c, SUM(qty) AS q, MIN(item) AS i FROM sales WHERE FALSE;
