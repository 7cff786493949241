SELECT n, COUNT(*) AS c FROM (SELECT shop, item, COUNT(*) AS n FROM sales GROUP BY shop, item) GROUP BY CUBE (n);
