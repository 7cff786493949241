CREATE TABLE u (a INT, b STRING, twice AS a * 2, tag AS UPPER(b) || '!', `n` ROW<u INT, v STRING>, deep AS n.v) WITH ('connector' = 'filesystem', 'path' = '${dir}/t.json', 'format' = 'json');
SELECT * FROM u;
