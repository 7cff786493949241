-- compare: materialized
SELECT o.id, c.name, d.id AS following_ FROM orders AS o JOIN customers AS c ON o.customer = c.cid LEFT JOIN orders AS d ON d.id = o.id + 1;
