CREATE CATALOG c COMMENT 'about' WITH ('type' = 'generic_in_memory', 'default-database' = 'dd');
SHOW CREATE CATALOG c;
