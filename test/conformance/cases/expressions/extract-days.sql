SELECT id, DAYOFYEAR(dt) AS doy, DAYOFMONTH(dt) AS dom, DAYOFWEEK(dt) AS dow, YEAR(dt) AS y, QUARTER(dt) AS q, MONTH(dt) AS m, WEEK(dt) AS w, HOUR(ts) AS h, MINUTE(ts) AS mi, SECOND(ts) AS s FROM t;
