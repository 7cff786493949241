SELECT item, MIN(qty) AS a, MAX(qty) AS b, MIN(price) AS c, MAX(note) AS d, MIN(w) AS e, MAX(w) AS f FROM sales GROUP BY item;
