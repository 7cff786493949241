CREATE TABLE x (a INT, PRIMARY KEY (q) NOT ENFORCED) WITH ('connector' = 'datagen');
