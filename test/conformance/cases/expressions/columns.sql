-- Every column type read from JSON, nulls included.
SELECT * FROM t;
