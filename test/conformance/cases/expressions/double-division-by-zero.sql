-- Only integers and decimals fail on division by zero.
SELECT id, d / (d - d) AS q FROM t WHERE id = 3;
