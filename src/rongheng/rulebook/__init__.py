"""What the documents say, by date."""
