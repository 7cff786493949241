-- compare: materialized
-- NULL keys never match.
SELECT o.id, c.name, o.amount FROM orders AS o JOIN customers AS c ON o.customer = c.cid;
