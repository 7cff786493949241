-- Precision is capped at 38, the scale gives way to the integer digits.
SELECT CAST(1.5 AS DECIMAL(38, 18)) * CAST(2.25 AS DECIMAL(38, 18)) AS a, CAST(9999999999 AS DECIMAL(20, 5)) / CAST(3 AS DECIMAL(10, 2)) AS b, 0.908 * CAST(2 AS BIGINT) AS c;
