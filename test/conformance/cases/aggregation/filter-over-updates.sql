-- A filter above an aggregation turns updates into deletes and inserts.
SELECT * FROM (SELECT shop, COUNT(*) AS c FROM sales GROUP BY shop) WHERE c <> 2;
