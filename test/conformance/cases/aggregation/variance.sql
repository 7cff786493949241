SELECT item, STDDEV_POP(w) AS a, STDDEV_SAMP(w) AS b, VAR_POP(w) AS c, VAR_SAMP(w) AS d, STDDEV_POP(qty) AS e FROM sales GROUP BY item;
