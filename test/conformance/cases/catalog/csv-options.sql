-- file: t.csv
-- 1;'x;y';NIL
-- # a comment
-- 2;NIL;7
CREATE TABLE u (a INT, b STRING, c INT) WITH ('connector' = 'filesystem', 'path' = '${dir}/t.csv', 'format' = 'csv', 'csv.field-delimiter' = ';', 'csv.quote-character' = '''', 'csv.null-literal' = 'NIL', 'csv.allow-comments' = 'true');
SELECT * FROM u;
