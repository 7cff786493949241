SET 'table.local-time-zone' = 'Asia/Tokyo';
SELECT FROM_UNIXTIME(0) AS a, FROM_UNIXTIME(1583661600, 'yyyy/MM/dd HH') AS b, UNIX_TIMESTAMP('1970-01-01 09:00:00') AS c, UNIX_TIMESTAMP('1970/01/02', 'yyyy/MM/dd') AS d, CONVERT_TZ('1970-01-01 00:00:00', 'UTC', 'America/Los_Angeles') AS z;
