CREATE CATALOG c WITH ('type' = 'generic_in_memory', 'foo' = 'bar');
