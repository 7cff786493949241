SELECT game, player FROM scores LIMIT 2;
