-- All forms of a row are sent before those of the next one.
SELECT shop, item, COUNT(*) AS n FROM sales GROUP BY GROUPING SETS ((shop, item), (shop), ());
