CREATE TABLE noted (a INT COMMENT 'first', b STRING COMMENT 'second', c AS a + 1 COMMENT 'third') COMMENT 'all' WITH ('connector' = 'datagen');
ALTER TABLE noted MODIFY (a BIGINT, b STRING COMMENT 'other' FIRST, c AS a + 2 COMMENT '');
SHOW CREATE TABLE noted;
