CREATE TABLE x (a INT, WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
