SELECT 'all' AS k, COUNT(*) AS c FROM sales GROUP BY 'all';
