-- compare: materialized
SELECT * FROM orders NATURAL JOIN (SELECT cid AS customer, name FROM customers);
