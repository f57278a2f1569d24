"""The close of a marked book (日终): carry, mark, calls, plans, findings, in order, into one dossier that stays."""
