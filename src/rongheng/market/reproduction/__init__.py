"""Published figures recomputed from the lake, and where they and we disagree."""
