-- compare: changes
SELECT shop, item, COUNT(*) AS c, GROUPING(shop) AS gs, GROUPING_ID(shop, item) AS gi FROM sales GROUP BY GROUPING SETS ((shop, item), (shop), ());
