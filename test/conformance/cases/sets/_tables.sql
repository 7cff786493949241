-- file: l.json
-- {"a":1,"b":"x"}
-- {"a":2,"b":"y"}
-- {"a":1,"b":"x"}
-- {"a":null,"b":null}
-- {"a":3,"b":"z"}
-- file: r.json
-- {"a":1,"b":"x"}
-- {"a":null,"b":null}
-- {"a":4,"b":"w"}
-- {"a":4,"b":"w"}
CREATE TABLE l (a INT, b STRING) WITH ('connector' = 'filesystem', 'path' = '${dir}/l.json', 'format' = 'json');
CREATE TABLE r (a INT, b STRING) WITH ('connector' = 'filesystem', 'path' = '${dir}/r.json', 'format' = 'json');
