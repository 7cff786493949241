-- file: t.json
-- {"a":1,"b":"x","n":{"u":5,"v":"deep"},"c":[1,2]}
-- {"a":2,"b":"y","n":null,"c":[]}
-- {"a":null,"b":null,"n":{"u":null,"v":"w"},"c":null,"extra":true}
CREATE TABLE t (a INT, b STRING, n ROW<u INT, v STRING>, c ARRAY<INT>) WITH ('connector' = 'filesystem', 'path' = '${dir}/t.json', 'format' = 'json');
