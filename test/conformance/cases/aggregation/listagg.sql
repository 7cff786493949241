SELECT shop, LISTAGG(item) AS a, LISTAGG(note, '-') AS b FROM sales GROUP BY shop;
