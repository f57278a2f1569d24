"""A broker's book: accounts, positions and contracts, read and checked row by row, laid out for the kernels."""

from rongheng.account.book.book import Book
from rongheng.account.book.layout import Layout
from rongheng.account.book.read import read_book

__all__ = ["Book", "Layout", "read_book"]
