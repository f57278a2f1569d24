"""Pure functions of columns, one file per idea."""
