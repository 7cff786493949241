-- A NULL key is a group; COUNT of a column leaves NULLs out.
SELECT shop, COUNT(*) AS c, COUNT(qty) AS q, COUNT(note) AS n FROM sales GROUP BY shop;
