CREATE CATALOG c WITH ('type' = 'generic_in_memory');
ALTER CATALOG c RESET ('type');
