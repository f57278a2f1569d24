"""The lake: append-only tables of facts, read as they were known at a moment."""
