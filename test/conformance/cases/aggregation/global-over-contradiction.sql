SELECT COUNT(*) AS c FROM sales WHERE qty > 3 AND qty < 2;
