-- compare: materialized
SELECT * FROM (VALUES (1), (1), (1), (2), (3)) AS t(a) EXCEPT ALL SELECT * FROM (VALUES (1)) AS u(a) EXCEPT ALL SELECT * FROM (VALUES (3), (3)) AS v(a) INTERSECT ALL SELECT * FROM (VALUES (3)) AS w(a);
