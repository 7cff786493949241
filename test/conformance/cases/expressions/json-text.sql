-- Floats are widened, fractions of seconds have no zeros at their end, and a strict path fails where its definite start leads nowhere.
SELECT
  id,
  JSON_STRING(CAST(d AS FLOAT)) AS f,
  JSON_STRING(ts) AS t,
  JSON_STRING(CAST(ts AS TIMESTAMP(9))) AS t9,
  JSON_OBJECT('t' VALUE CAST(dt AS TIMESTAMP(3))) AS o,
  JSON_EXISTS('{"a":' || CAST(id AS STRING) || '}', '$.b[*]') AS e1,
  JSON_EXISTS('{"a":' || CAST(id AS STRING) || '}', '$.b.*') AS e2,
  JSON_EXISTS('{"b":[' || CAST(id AS STRING) || ']}', '$.b[*]') AS e3,
  JSON_QUERY('{"a":' || CAST(id AS STRING) || '}', '$.b[*]') AS q1,
  JSON_QUERY('{"a":' || CAST(id AS STRING) || '}', 'lax $.b[*]') AS q2,
  JSON_QUERY('{"b":[' || CAST(id AS STRING) || ']}', '$.b[*]') AS q3
FROM t;
