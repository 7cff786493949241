-- compare: materialized
-- One side is an aggregation: its updates pass through the join.
SELECT c.name, t.total FROM customers AS c JOIN (SELECT customer, SUM(amount) AS total FROM orders GROUP BY customer) AS t ON c.cid = t.customer;
