SELECT TRIM('  x ') AS a, TRIM(LEADING 'x' FROM 'xxaxx') AS b, TRIM(TRAILING 'x' FROM 'xxaxx') AS c, TRIM(BOTH 'xa' FROM 'axbxa') AS d, LTRIM('  l ') AS l, RTRIM(' r  ') AS r, BTRIM(' b ') AS bt;
