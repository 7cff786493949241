-- compare: materialized
-- A condition in ON keeps the left row, in WHERE it does not.
SELECT o.id, c.name FROM orders AS o LEFT JOIN customers AS c ON o.customer = c.cid AND c.area = 'x' AND o.amount > 3;
