-- The variance stays 0; an update goes out for every value all the same.
SELECT shop, VAR_POP(qty * 0) AS v, STDDEV_SAMP(DISTINCT qty) AS d FROM sales GROUP BY shop;
