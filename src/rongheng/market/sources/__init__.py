"""Where facts come from: files and publishers, turned into canonical rows; nothing here knows the store."""
