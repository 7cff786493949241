-- compare: materialized
SELECT o.id, c.name FROM orders AS o, customers AS c WHERE o.customer = c.cid AND c.area = 'x';
