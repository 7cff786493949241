-- An input row that changes no aggregate emits nothing.
SELECT item, MAX(price) AS p FROM sales GROUP BY item;
