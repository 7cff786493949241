-- file: t.json
-- {"id":1,"i":7,"b":10000000000,"d":2.5,"p":12.34,"s":"Alpha","f":true,"ts":"2020-02-28 23:59:59.999","dt":"2020-02-28"}
-- {"id":2,"i":-7,"b":-3,"d":-0.1,"p":-0.05,"s":"","f":false,"ts":"2021-12-31 00:00:00","dt":"2021-12-31"}
-- {"id":3,"i":null,"b":null,"d":null,"p":null,"s":null,"f":null,"ts":null,"dt":null}
-- {"id":4,"i":0,"b":9223372036854775807,"d":1.0E8,"p":99999999.99,"s":"Größe 漢字 😀","f":true,"ts":"1969-12-31 23:59:59.001","dt":"1969-12-31"}
CREATE TABLE t (
  id INT, i INT, b BIGINT, d DOUBLE, p DECIMAL(10, 2), s STRING, f BOOLEAN, ts TIMESTAMP(3), dt DATE
) WITH ('connector' = 'filesystem', 'path' = '${dir}/t.json', 'format' = 'json');
