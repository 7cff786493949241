CREATE TABLE x (a INTEGRAL) WITH ('connector' = 'datagen');
