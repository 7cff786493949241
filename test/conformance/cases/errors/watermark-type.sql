CREATE TABLE x (a INT, ts STRING, WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
