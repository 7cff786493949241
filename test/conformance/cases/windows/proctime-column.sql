-- A processing-time attribute is just a column when no window asks for it.
SELECT auction, pt IS NOT NULL AS there FROM (SELECT auction, PROCTIME() AS pt FROM bids);
