SELECT COUNT(*) AS c FROM sales WHERE qty = 1 AND qty = 2;
