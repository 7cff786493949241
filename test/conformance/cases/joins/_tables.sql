-- file: orders.json
-- {"id":1,"customer":10,"amount":5}
-- {"id":2,"customer":20,"amount":7}
-- {"id":3,"customer":null,"amount":9}
-- {"id":4,"customer":10,"amount":2}
-- {"id":5,"customer":40,"amount":null}
-- file: customers.json
-- {"cid":10,"name":"Ann","area":"x"}
-- {"cid":20,"name":"Bob","area":"y"}
-- {"cid":20,"name":"Bob2","area":"x"}
-- {"cid":30,"name":"Cat","area":null}
-- {"cid":null,"name":"Nil","area":"y"}
CREATE TABLE orders (id INT, customer INT, amount INT) WITH ('connector' = 'filesystem', 'path' = '${dir}/orders.json', 'format' = 'json');
CREATE TABLE customers (cid INT, name STRING, area STRING) WITH ('connector' = 'filesystem', 'path' = '${dir}/customers.json', 'format' = 'json');
