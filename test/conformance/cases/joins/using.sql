-- compare: materialized
SELECT * FROM orders JOIN (SELECT cid AS customer, name FROM customers) AS c USING (customer);
