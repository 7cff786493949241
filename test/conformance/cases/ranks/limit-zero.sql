SELECT game, player FROM scores LIMIT 0;
