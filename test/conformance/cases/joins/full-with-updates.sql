-- compare: materialized
SELECT a.area, a.n, t.customer, t.total FROM (SELECT area, COUNT(*) AS n FROM customers GROUP BY area) AS a FULL JOIN (SELECT customer, SUM(amount) AS total FROM orders GROUP BY customer) AS t ON a.n * 10 = t.customer;
