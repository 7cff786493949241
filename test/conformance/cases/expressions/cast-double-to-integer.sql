-- Doubles saturate; between integers the high bits go.
SELECT CAST(1E20 AS INT) AS a, CAST(-1E20 AS BIGINT) AS b, CAST(2.9E0 AS INT) AS c, CAST(-2.9E0 AS INT) AS d, CAST(300 AS TINYINT) AS e, CAST(70000 AS SMALLINT) AS f;
