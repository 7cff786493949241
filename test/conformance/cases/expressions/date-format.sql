SELECT id, DATE_FORMAT(ts, 'yyyy-MM-dd HH:mm:ss.SSS') AS a, DATE_FORMAT(ts, 'yy/M/d') AS b, DATE_FORMAT(ts, 'yyyyMMdd') AS c, DATE_FORMAT(CAST(ts AS STRING), 'HH') AS d FROM t;
