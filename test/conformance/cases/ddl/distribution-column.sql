CREATE TABLE t (a INT) DISTRIBUTED BY HASH(nope) INTO 4 BUCKETS WITH ('connector' = 'datagen', 'number-of-rows' = '1');
