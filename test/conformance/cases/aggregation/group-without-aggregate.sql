SELECT item FROM sales GROUP BY item;
