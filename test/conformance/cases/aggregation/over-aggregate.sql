-- Sum and count over a retracting input.
SELECT c, COUNT(*) AS n, SUM(q) AS s FROM (SELECT shop, COUNT(*) AS c, SUM(qty) AS q FROM sales GROUP BY shop) GROUP BY c;
