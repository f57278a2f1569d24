"""A broker's book: accounts, positions and contracts, read and checked row by row, laid out for the kernels."""

from rongheng.account.book.actions import Action, actions_of, read_actions
from rongheng.account.book.book import Book
from rongheng.account.book.carry import Carried, carry
from rongheng.account.book.convert import read_layout, tables_of, write_layout, write_tables
from rongheng.account.book.layout import Layout
from rongheng.account.book.opening import open_book
from rongheng.account.book.read import read_book
from rongheng.account.book.renaming import named_on

__all__ = [
    "Action",
    "Book",
    "Carried",
    "Layout",
    "actions_of",
    "carry",
    "named_on",
    "open_book",
    "read_actions",
    "read_book",
    "read_layout",
    "tables_of",
    "write_layout",
    "write_tables",
]
