-- compare: changes
SELECT b.auction, b.bidder FROM (SELECT * FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '10' SECOND)) WHERE bidder <> 'late') b WHERE NOT EXISTS (SELECT 1 FROM (SELECT * FROM TABLE(TUMBLE(TABLE items, DESCRIPTOR(ts), INTERVAL '10' SECOND))) i WHERE b.auction = i.id AND b.window_start = i.window_start AND b.window_end = i.window_end);
