CREATE TABLE t (a INT) DISTRIBUTED BY HASH(a) INTO 0 BUCKETS WITH ('connector' = 'datagen', 'number-of-rows' = '1');
