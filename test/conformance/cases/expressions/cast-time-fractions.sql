-- file: times.json
-- {"t":"01:02:03.450","t0":"01:02:03.45","t1":"01:02:03.45"}
-- {"t":"01:02:03","t0":"01:02:03","t1":"01:02:03"}
-- {"t":"10:20:00.004","t0":"01:02:03.004","t1":"01:02:03.004"}
CREATE TABLE x (t TIME(3), t0 TIME, t1 TIME(1)) WITH ('connector' = 'filesystem', 'path' = '${dir}/times.json', 'format' = 'json');
SELECT CAST(t AS STRING) AS a, CAST(t0 AS STRING) AS b, CAST(t1 AS STRING) AS c, t, t0, t1, CAST(t AS VARCHAR(10)) AS d FROM x;
