-- compare: materialized
SELECT b, COUNT(*) AS c, SUM(a) AS s FROM (SELECT * FROM l UNION ALL SELECT * FROM r) GROUP BY b;
