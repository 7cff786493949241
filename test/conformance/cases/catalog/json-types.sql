-- file: types.json
-- {"ti":-128,"si":32767,"bi":"9007199254740993","f":1.5,"d":"2.5","de":12.345,"bo":"true","by":"aGk=","m":{"k":1},"mm":[{"x":1},{"x":null}],"s":17}
CREATE TABLE u (ti TINYINT, si SMALLINT, bi BIGINT, f FLOAT, d DOUBLE, de DECIMAL(6, 2), bo BOOLEAN, `by` BYTES, m MAP<STRING, INT>, mm ARRAY<ROW<x INT>>, s STRING) WITH ('connector' = 'filesystem', 'path' = '${dir}/types.json', 'format' = 'json');
SELECT * FROM u;
