-- compare: changes
SELECT b.auction, b.bidder, i.id, i.name, i.window_start FROM (SELECT * FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '10' SECOND)) WHERE bidder <> 'late') b RIGHT JOIN (SELECT * FROM TABLE(TUMBLE(TABLE items, DESCRIPTOR(ts), INTERVAL '10' SECOND))) i ON b.auction = i.id AND b.window_start = i.window_start AND b.window_end = i.window_end;
