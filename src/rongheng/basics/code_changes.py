"""Changes of a security's code (证券代码变更): which code became which, and from which session on.

What lives here: the table, which ships as ``code_changes.csv`` and takes a user's own rows, and the one question that
is asked of it: how every code is called on a session. What does not: where codes stand in books (``account.book``) and
in the lake (``market.series``), which rename by what is answered here.

The Beijing exchange moved its shares to 920xxx in 2025. No rule of digits stands in for the table: most shares kept
their last three digits, but where two ended alike one of them did not, so that the rule alone joins two companies.
A change is known from its session on: before it a security has its old code.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType

import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import DataError
from rongheng.basics.grades import Grade
from rongheng.basics.securities import find_security

CODE_CHANGES = "code_changes"  # what files and tables of them are called
COLUMNS = ("old", "new", "first_session", "grade", "source")


@dataclass(frozen=True, slots=True)
class CodeChange:
    """One change: ``new`` is the security's code on ``first_session`` and after it, ``old`` before."""

    old: str
    new: str
    first_session: date
    grade: Grade = Grade.OFFICIAL
    source: str = ""


@dataclass(frozen=True)
class CodeChanges:
    """Changes that do not contradict each other; make one by :meth:`of` or :func:`code_changes`."""

    rows: tuple[CodeChange, ...]
    _called: dict[tuple[date, bool], Mapping[str, str]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, rows: Iterable[CodeChange], *, where: str) -> CodeChanges:
        """Return the table of some rows by session and old code; a row that says again what another says counts once.

        Raises
        ------
        DataError
            Rows that cannot be, see :func:`wrong`; the first is named.
        """
        once = {(row.old, row.new, row.first_session): row for row in rows}
        ordered = sorted(once.values(), key=lambda row: (row.first_session, row.old))
        for row, reason in wrong(ordered):
            raise DataError(f"{where}: {row.old} → {row.new} from {row.first_session}: {reason}. Mend the table.")
        return cls(tuple(ordered))

    def on(self, session: date, *, hindsight: bool = False) -> Mapping[str, str]:
        """Return for every code that a security has no more on a session the one that it has then.

        Parameters
        ----------
        hindsight : codes that it does not have yet are answered too: so vendors call it in figures of years before

        >>> code_changes().on(date(2025, 5, 5)).get("833819.BJ"), code_changes().on(date(2025, 5, 6))["833819.BJ"]
        (None, '920819.BJ')
        >>> code_changes().on(date(2025, 5, 5), hindsight=True)["920819.BJ"]
        '833819.BJ'
        """
        asked = session, hindsight
        if asked not in self._called:
            self._called[asked] = _on(self.rows, session, hindsight=hindsight)
        return self._called[asked]

    def with_own(self, rows: Iterable[CodeChange], *, where: str) -> CodeChanges:
        """Return the table with a user's own rows; they stand in place of those about the same codes.

        Raises
        ------
        DataError
            The own rows contradict each other, or those that stay.
        """
        own = CodeChanges.of(rows, where=where).rows
        named = {code for row in own for code in (row.old, row.new)}
        return CodeChanges.of([*own, *(row for row in self.rows if not {row.old, row.new} & named)], where=where)


@cache
def code_changes() -> CodeChanges:
    """Return the changes that ship with the package."""
    path = Path(__file__).with_name("code_changes.csv")
    reader = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return CodeChanges.of(rows_of(reader, reader.fieldnames or (), where=path.name), where=path.name)


def renamed(frame: pl.DataFrame, *, on: date) -> pl.DataFrame:
    """Return a frame whose ``security`` is the code that each has on a session, by the changes that ship.

    >>> renamed(pl.DataFrame({"security": ["430017.BJ", "600000.SH"]}), on=date(2025, 10, 9))["security"].to_list()
    ['920017.BJ', '600000.SH']
    """
    return frame.with_columns(pl.col("security").replace(code_changes().on(on)))


def rows_of(records: Iterable[Mapping[str, object]], columns: Sequence[str], *, where: str) -> list[CodeChange]:
    """Return the rows of a table with ``old``, ``new`` and ``first_session``; ``grade`` and ``source`` may lack.

    Raises
    ------
    DataError
        A column is unknown or missing, or a cell is no code, no date or no grade; the row is named, the first is 1.
    """
    if not set(COLUMNS[:3]) <= set(columns) <= set(COLUMNS):
        raise DataError(f"{where} has the columns {', '.join(columns)}; expected {', '.join(COLUMNS)}. Name them so.")
    return [_row(record, where=f"{where}, row {number}") for number, record in enumerate(records, start=1)]


def frame_of(rows: Iterable[CodeChange]) -> pl.DataFrame:
    """Return the rows as a table, which :func:`rows_of` reads."""
    schema = dict.fromkeys(COLUMNS, pl.String()) | {"first_session": pl.Date()}
    return pl.DataFrame([[getattr(row, name) for name in COLUMNS] for row in rows], schema=schema, orient="row")


def wrong(rows: Sequence[CodeChange]) -> Iterator[tuple[CodeChange, str]]:
    """Yield the rows that cannot be, each with what was expected."""
    olds, news = (Counter(getattr(row, name) for row in rows) for name in ("old", "new"))
    began = {row.new: row.first_session for row in rows}
    for row in rows:
        if row.old == row.new:
            yield row, "a change leads to another code"
        elif olds[row.old] > 1:
            yield row, f"{row.old} changes once; leave one of its rows"
        elif news[row.new] > 1:
            yield row, f"{row.new} is the new code of one security; leave one of the rows"
        elif not calendar().is_session(row.first_session):
            yield row, f"the first session of a code is a trading day, and {row.first_session} is none"
        elif began.get(row.old, date.min) >= row.first_session:
            yield row, f"{row.old} is a new code from {began[row.old]} on and cannot have changed by then"


def _on(rows: Sequence[CodeChange], session: date, *, hindsight: bool) -> Mapping[str, str]:
    followed = {row.old: row for row in rows}
    called: dict[str, str] = {}
    for first in followed.keys() - {row.new for row in rows}:
        codes, standing = [first], 0
        while (row := followed.get(codes[-1])) is not None:
            codes.append(row.new)
            standing = len(codes) - 1 if row.first_session <= session else standing
        others = codes[:standing] + (codes[standing + 1 :] if hindsight else [])
        called |= dict.fromkeys(others, codes[standing])
    return MappingProxyType(called)


def _row(record: Mapping[str, object], *, where: str) -> CodeChange:
    cells = {name: str(record.get(name) or "").strip() for name in COLUMNS}
    old, new = (_code(cells[name], where=f"{where}, {name}") for name in ("old", "new"))
    try:
        first = date.fromisoformat(cells["first_session"])
        grade = Grade(cells["grade"] or Grade.OFFICIAL)
    except ValueError as error:
        raise DataError(
            f"{where}: {error}; expected a date such as 2025-10-09 and one of {', '.join(Grade)}."
        ) from None
    return CodeChange(old, new, first, grade, cells["source"])


def _code(typed: str, *, where: str) -> str:
    code = find_security(typed)
    if code is None:
        raise DataError(f"{where}: {typed!r} is no code of a security; write it as 430017.BJ.")
    return code
