SELECT DISTINCT shop, item FROM sales;
