CREATE CATALOG c WITH ('type' = 'generic_in_memory', 'default-database' = 'dd');
USE CATALOG c;
SHOW CURRENT DATABASE;
