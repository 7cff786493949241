-- A global aggregate over no rows emits nothing in a stream.
SELECT COUNT(*) AS c, SUM(qty) AS q FROM sales WHERE qty > 100;
