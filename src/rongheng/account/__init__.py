"""The account wing: every client account of a broker marked against the rules. It never imports the market wing."""
