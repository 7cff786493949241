SELECT c, MAX(item) AS m, MIN(item) AS n FROM (SELECT item, COUNT(*) AS c FROM sales GROUP BY item) GROUP BY c;
