CREATE TABLE u (a INT) WITH ('connector' = 'datagen');
