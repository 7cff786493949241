CREATE TABLE once (a INT) WITH ('connector' = 'datagen');
CREATE OR REPLACE TABLE once (b INT) WITH ('connector' = 'datagen');
