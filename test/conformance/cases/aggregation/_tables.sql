-- file: sales.json
-- {"shop":"a","item":"pen","qty":2,"price":1.50,"note":"x","w":0.5}
-- {"shop":"b","item":"pen","qty":1,"price":1.50,"note":null,"w":1.5}
-- {"shop":"a","item":"ink","qty":1,"price":7.25,"note":"y","w":2.0}
-- {"shop":null,"item":"pen","qty":4,"price":null,"note":"x","w":null}
-- {"shop":"a","item":"pen","qty":null,"price":1.25,"note":"z","w":-1.0}
-- {"shop":"b","item":"ink","qty":3,"price":7.25,"note":"x","w":4.25}
-- {"shop":null,"item":"ink","qty":1,"price":6.00,"note":null,"w":0.25}
-- {"shop":"c","item":"pad","qty":0,"price":3.10,"note":"q","w":1.0}
-- {"shop":"a","item":"ink","qty":1,"price":7.25,"note":"y","w":2.0}
CREATE TABLE sales (
  shop STRING, item STRING, qty INT, price DECIMAL(8, 2), note STRING, w DOUBLE
) WITH ('connector' = 'filesystem', 'path' = '${dir}/sales.json', 'format' = 'json');
