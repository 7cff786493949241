CREATE TABLE x (a INT, b AS nope + 1) WITH ('connector' = 'datagen');
