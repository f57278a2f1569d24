"""The close of a marked book (日终): carry, mark, calls, plans, findings, in order, into one dossier that stays."""

from rongheng.desk.closing.close import Closed, close_book
from rongheng.desk.closing.request import Request

__all__ = ["Closed", "Request", "close_book"]
