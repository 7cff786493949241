SELECT shop, FIRST_VALUE(item) AS f, LAST_VALUE(item) AS l, LAST_VALUE(qty) AS q, FIRST_VALUE(note) AS n FROM sales GROUP BY shop;
