CREATE TABLE u (a INT, zzz STRING) WITH ('connector' = 'filesystem', 'path' = '${dir}/t.json', 'format' = 'json', 'json.fail-on-missing-field' = 'true');
SELECT * FROM u;
