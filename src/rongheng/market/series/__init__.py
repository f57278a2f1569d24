"""Aligned columns, from the store: the panel, and every indicator read from it."""
