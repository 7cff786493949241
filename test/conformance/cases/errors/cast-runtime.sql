SELECT CAST(b AS INT) FROM (VALUES ('1'), ('x')) AS v (b);
