-- AVG of integers is an integer, of decimals has scale 6 or more.
SELECT shop, AVG(qty) AS q, AVG(price) AS p, AVG(w) AS w FROM sales GROUP BY shop;
