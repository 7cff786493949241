CREATE TABLE u WITH ('json.ignore-parse-errors' = 'true') LIKE t (INCLUDING OPTIONS);
SELECT b FROM u;
