"""Rongheng 融衡: the open system for margin trading (融资融券) in the Chinese stock market.

One door: everything public is here, and loaded when it is first asked for.

    import rongheng as rh

    lake = rh.Lake("lake", create=True)
    for done in rh.ingest(lake, ["margin_account.csv"]): ...
    dossier = rh.close(lake, as_of=date(2025, 1, 10))
    rh.note(dossier, "note.html")

    book = rh.Book.read("book"); day = rh.MarketDay.read("book/day")
    marks = rh.mark(book, day, rh.PolicySet.load("illustrative", session=day.session))
    marks.explain("S000000001")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rongheng.account.book import Book as Book
    from rongheng.account.marks import Marks as Marks
    from rongheng.account.marks import mark as mark
    from rongheng.account.marks.summary import Summary as Summary
    from rongheng.account.marks.summary import summarise as summarise
    from rongheng.account.policy import Policy as Policy
    from rongheng.account.policy import PolicySet as PolicySet
    from rongheng.account.population import Recipe as Recipe
    from rongheng.account.population import make_book as make_book
    from rongheng.account.population import make_day as make_day
    from rongheng.basics.errors import RonghengError as RonghengError
    from rongheng.basics.grades import Grade as Grade
    from rongheng.basics.market_day import MarketDay as MarketDay
    from rongheng.desk.accounts import explain_account as explain_account
    from rongheng.desk.accounts import mark_book as mark_book
    from rongheng.desk.books import check_book as check_book
    from rongheng.desk.books import convert_book as convert_book
    from rongheng.desk.close import close as close
    from rongheng.desk.demo import demo as demo
    from rongheng.desk.ingest import Hints as Hints
    from rongheng.desk.ingest import ingest as ingest
    from rongheng.desk.market_day import market_day as market_day
    from rongheng.findings.dossier import Dossier as Dossier
    from rongheng.market.reproduction import reproduce as reproduce
    from rongheng.market.series import panel as panel
    from rongheng.market.series import read as read
    from rongheng.market.store import Lake as Lake
    from rongheng.report import note as note
    from rongheng.rulebook import Rulebook as Rulebook

__version__ = "0.1.0"

_HOMES = {
    "Book": "rongheng.account.book",
    "Dossier": "rongheng.findings.dossier",
    "Grade": "rongheng.basics.grades",
    "Hints": "rongheng.desk.ingest",
    "Lake": "rongheng.market.store",
    "MarketDay": "rongheng.basics.market_day",
    "Marks": "rongheng.account.marks",
    "Policy": "rongheng.account.policy",
    "PolicySet": "rongheng.account.policy",
    "Recipe": "rongheng.account.population",
    "RonghengError": "rongheng.basics.errors",
    "Rulebook": "rongheng.rulebook",
    "Summary": "rongheng.account.marks.summary",
    "check_book": "rongheng.desk.books",
    "close": "rongheng.desk.close",
    "convert_book": "rongheng.desk.books",
    "demo": "rongheng.desk.demo",
    "explain_account": "rongheng.desk.accounts",
    "ingest": "rongheng.desk.ingest",
    "make_book": "rongheng.account.population",
    "make_day": "rongheng.account.population",
    "mark": "rongheng.account.marks",
    "mark_book": "rongheng.desk.accounts",
    "market_day": "rongheng.desk.market_day",
    "note": "rongheng.report",
    "panel": "rongheng.market.series",
    "read": "rongheng.market.series",
    "reproduce": "rongheng.market.reproduction",
    "summarise": "rongheng.account.marks.summary",
}

__all__ = [
    "Book",
    "Dossier",
    "Grade",
    "Hints",
    "Lake",
    "MarketDay",
    "Marks",
    "Policy",
    "PolicySet",
    "Recipe",
    "RonghengError",
    "Rulebook",
    "Summary",
    "__version__",
    "check_book",
    "close",
    "convert_book",
    "demo",
    "explain_account",
    "ingest",
    "make_book",
    "make_day",
    "mark",
    "mark_book",
    "market_day",
    "note",
    "panel",
    "read",
    "reproduce",
    "summarise",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"rongheng has no {name!r}; it has: {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
