"""Corporate actions as announcements say them: so much cash, so many new shares for ten, a split; read exactly.

What lives here: reading rows into actions, and what of a row cannot be. What does not: what an action does to a book
(``carry.py``). Decimals are read as they are typed, into fractions; nothing is rounded here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import polars as pl

from rongheng.account.book.read import read_table
from rongheng.basics.account_tables import ACTIONS, PROBLEMS, AccountTable
from rongheng.basics.calendar import calendar
from rongheng.basics.conform import conform
from rongheng.basics.money import MILLI, PRICE_LIMIT_MILLI

_TEN: Final = 10  # announcements count for ten shares
_DECIMAL: Final = re.compile(r"^\d{1,9}(\.\d{1,12})?$")
_SPLIT: Final = re.compile(r"^([1-9]\d{0,5}):([1-9]\d{0,5})$")
_DECIMALS: Final = ("cash_per_10", "bonus_per_10", "rights_per_10", "compensation_per_10")


@dataclass(frozen=True, slots=True)
class Action:
    """One action on one share: what each share held at the close of the record date brings."""

    security: str
    ex_date: date
    pay_date: date
    list_date: date
    cash_milli: Fraction  # a share, before tax
    bonus: Fraction  # new shares a share
    rights: Fraction  # shares that may be subscribed a share
    rights_price_milli: int
    compensation_milli: Fraction | None  # what a borrowed share owes for rights; None: the announcement cannot say
    split: Fraction  # shares after for a share before; 1 without a split

    def ex_price_milli(self, close_milli: int) -> Fraction:
        """Return the theoretical price after the action of a share that closed at ``close_milli`` before (除权参考价).

        >>> day = date(2024, 6, 20)
        >>> paid = Action("600000.SH", day, day, day, Fraction(1_000), Fraction(1), Fraction(0), 0, None, Fraction(1))
        >>> float(paid.ex_price_milli(10_000))  # (10 − 1) / (1 + 1)
        4500.0
        """
        worth = close_milli - self.cash_milli + self.rights * self.rights_price_milli
        return worth / (1 + self.bonus + self.rights) / self.split


def read_actions(path: Path | str) -> pl.DataFrame:
    """Read a file of actions (.csv in UTF-8 or GB18030, or .parquet) as it stands; see :func:`actions_of`.

    Raises
    ------
    UsageError, BookError
        The file is not there, or is no table.
    """
    return read_table(Path(path))


def actions_of(frame: pl.DataFrame, *, where: str = "the actions") -> tuple[tuple[Action, ...], pl.DataFrame]:
    """Return the actions of a frame by ex-date and security, and the Problems of the rows that cannot be.

    Parameters
    ----------
    frame : columns of ``basics.account_tables.ACTIONS``

    Raises
    ------
    BookError
        A column is unknown or a required one is missing.
    """
    rows, problems = conformed(frame, ACTIONS, where=where)
    found: list[Action] = []
    bad = []
    twice = rows.filter(pl.struct("security", "ex_date").is_duplicated())["row"].to_list()
    unreadable = set(problems["row"].to_list())
    for row in rows.iter_rows(named=True):
        wrong = list(_wrong(row, twice)) if row["row"] not in unreadable else []
        bad += [_problem(row, column, reason) for column, reason in wrong]
        if not wrong and row["row"] not in unreadable:
            found.append(_action(row))
    ordered = sorted(found, key=lambda action: (action.ex_date, action.security))
    return tuple(ordered), pl.concat([problems, pl.DataFrame(bad, schema=PROBLEMS.schema)])


def conformed(frame: pl.DataFrame, table: AccountTable, *, where: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the frame in the table's types with the column ``row``, and the cells that did not fit as Problems."""
    rows, bad = conform(frame, table, where=where)
    problems = bad.select(
        account_id=pl.lit(None, pl.String),
        table=pl.lit(table.name),
        row="row",
        column="column",
        found="found",
        problem=pl.lit("unreadable"),
        reason=pl.format("expected {}", "expected"),
    ).cast(PROBLEMS.dtypes)
    return rows.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("row")), problems


def _problem(row: Mapping[str, Any], column: str, reason: str) -> dict[str, Any]:
    found = None if row[column] is None else str(row[column])
    return {"account_id": None, "table": ACTIONS.name, "row": row["row"], "column": column, "found": found} | {
        "problem": "unknown_action",
        "reason": reason,
    }


def _wrong(row: Mapping[str, Any], twice: list[int]) -> Iterator[tuple[str, str]]:
    """Yield each column that cannot be, with what was expected."""
    if row["row"] in twice:
        yield "ex_date", "a security goes ex once on a day; put what it brings into one row"
    if not calendar().is_session(row["ex_date"]):
        yield "ex_date", "a security goes ex on a trading day"
    if row["record_date"] is not None and row["record_date"] >= row["ex_date"]:
        yield "record_date", "who is entitled is settled before the ex-date"
    for name in ("pay_date", "list_date"):
        if row[name] is not None and row[name] < row["ex_date"]:
            yield name, "nothing comes before the ex-date"
    for name in _DECIMALS:
        if row[name] is not None and not _DECIMAL.match(row[name]):
            yield name, "expected a number of at most 12 decimals, zero or more, such as 3.62"
    if row["split"] is not None and not _SPLIT.match(row["split"]):
        yield "split", "expected old:new, such as 1:2 for two shares after for one before"
    yield from _wrong_together(row)


def _wrong_together(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    brings = [name for name in (*_DECIMALS[:3], "split") if row[name] is not None]
    if not brings:
        yield "security", "the row says of nothing what it brings: cash, bonus shares, rights or a split"
    if "split" in brings and len(brings) > 1:
        yield "split", "a split on the day of something else: say it for shares before or after by two ex-dates"
    if row["rights_per_10"] is not None:
        price = row["rights_price_milli"]
        if price is None or not 0 < price < PRICE_LIMIT_MILLI:
            yield "rights_price_milli", "rights have a price, in whole milli-yuan"
        if row["list_date"] is None:
            yield "list_date", "say when rights shares list"


def _action(row: Mapping[str, Any]) -> Action:
    split = _SPLIT.match(row["split"] or "1:1")
    assert split is not None, "a row that cannot be has been left out"
    owed = row["compensation_per_10"]
    return Action(
        security=row["security"],
        ex_date=row["ex_date"],
        pay_date=row["pay_date"] or row["ex_date"],
        list_date=row["list_date"] or row["ex_date"],
        cash_milli=_each(row["cash_per_10"]) * MILLI,
        bonus=_each(row["bonus_per_10"]),
        rights=_each(row["rights_per_10"]),
        rights_price_milli=row["rights_price_milli"] or 0,
        compensation_milli=None if owed is None else _each(owed) * MILLI,
        split=Fraction(int(split[2]), int(split[1])),
    )


def _each(typed: str | None) -> Fraction:
    """Return what one share brings of what ten do."""
    return Fraction(typed or 0) / _TEN
