SELECT LISTAGG(s, '|') AS a FROM (SELECT shop, MAX(item) AS s FROM sales GROUP BY shop);
