"""The operations ledger: append-only events with who, when and why, in SQLite or PostgreSQL."""

from rongheng.desk.ledger.ledger import Ledger
from rongheng.desk.ledger.reading import Head, Reading, Run
from rongheng.desk.ledger.writing import Entry, Pen

__all__ = ["Entry", "Head", "Ledger", "Pen", "Reading", "Run"]
