CREATE TABLE x (a DECIMAL(39, 2)) WITH ('connector' = 'datagen');
