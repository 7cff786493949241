-- compare: changes
-- The filter on the grouped column goes below the window, which finds its sessions per auction.
SELECT auction, COUNT(*) AS n FROM bids GROUP BY SESSION(ts, INTERVAL '6' SECOND), auction HAVING auction <> 1;
