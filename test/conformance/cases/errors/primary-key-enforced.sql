CREATE TABLE x (a INT PRIMARY KEY) WITH ('connector' = 'datagen');
