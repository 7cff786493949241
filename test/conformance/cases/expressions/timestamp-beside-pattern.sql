-- A text that the pattern does not fit is read in java.sql's form.
SELECT
  x,
  TO_TIMESTAMP(x, 'yyyy-MM-dd HH:mm') AS a,
  TO_TIMESTAMP(x, 'yyyy-MM-dd''T''HH:mm:ss') AS b,
  TO_TIMESTAMP_LTZ(x, 'dd/MM/yyyy') AS c
FROM (VALUES ('2021-03-04 05:06:07'), ('2021-03-04 05:06'), ('2021-3-4 5:6:7.1234'), ('2021-02-30 00:00:00'), ('2021-3-4'), ('0001-01-01 00:00:00'), (' 2021-03-04 05:06:07 '), ('x'), ('2021-13-01'), ('04/03/2021')) AS v (x);
