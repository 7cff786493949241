SELECT a + 1 AS x FROM t WHERE x > 1;
