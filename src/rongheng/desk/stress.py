"""Scenarios over a folder of marks: which ones run, and the files that are left.

What lives here: which files go in and out. What does not: any arithmetic.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from rongheng.account.marks import Marks
from rongheng.account.stress import Scenario, Stressed, Traits, find_scenarios, stress
from rongheng.account.stress.margins import margins_of
from rongheng.account.stress.removal import removals_of
from rongheng.account.stress.reverse import Shock, Target, reverse
from rongheng.account.stress.tables import clients_of, lines_of, sales_of, totals_of
from rongheng.basics.grades import Grade
from rongheng.desk.accounts import Say, marks_again
from rongheng.rulebook import Rulebook

TABLES: Final = ("totals", "lines", "sales", "clients", "removals", "margins")


@dataclass(frozen=True, slots=True)
class StressedBook:
    """What scenarios come to as tables, with what they rest on."""

    session: date
    grade: Grade
    scenarios: tuple[Scenario, ...]
    totals: pl.DataFrame
    lines: pl.DataFrame
    sales: pl.DataFrame
    clients: pl.DataFrame  # whom falls of 30 % and 50 % leave short of collateral
    removals: pl.DataFrame  # the securities whose loss would hurt most
    margins: pl.DataFrame  # what changes of terms leave of the margin


def stress_book(
    marked: Path,
    *,
    asked: Sequence[str] = (),
    falls_bp: Sequence[int] = (),
    traits: Path | None = None,
    out: Path | None = None,
    say: Say = lambda _: None,
) -> StressedBook:
    """Run scenarios over the book that a folder of marks was made from.

    Parameters
    ----------
    marked : the folder that ``mark_book`` left
    asked : names of scenarios that ship, or files; all that ship where neither these nor falls are given
    falls_bp : uniform moves of a grid
    traits : the file of betas and industries
    out : the folder for the tables

    Raises
    ------
    UsageError
        An unknown scenario, or one that names a security that is not there.
    BookError
        The book or the day has changed since it was marked.
    """
    scenarios = [Scenario.uniform(move) for move in falls_bp]
    scenarios += find_scenarios(asked) if asked or not falls_bp else []
    known = Traits.none() if traits is None else Traits.read(traits)
    marks, rulebook = marks_again(marked, say=say)
    book = stressed_book(marks, scenarios, traits=known, rulebook=rulebook, say=say)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        write_stress(book, out)
    return book


@dataclass(frozen=True, slots=True)
class ReversedBook:
    """The smallest fall that reaches the target, and what the book comes to there and one basis point before."""

    fall_bp: int | None
    is_steady: bool
    book: StressedBook


def reverse_book(
    marked: Path,
    target: Target,
    *,
    shock: Shock,
    traits: Path | None = None,
    out: Path | None = None,
    say: Say = lambda _: None,
) -> ReversedBook:
    """Search the smallest fall after which the book of a folder of marks reaches the target.

    Raises
    ------
    UsageError
        What is to fall is not there.
    BookError
        The book or the day has changed since it was marked.
    """
    known = Traits.none() if traits is None else Traits.read(traits)
    marks, rulebook = marks_again(marked, say=say)
    say(f"search the smallest fall over {len(marks.book.layout.indebted):,} indebted accounts")
    found = reverse(marks, target, shock=shock, traits=known, rulebook=rulebook)
    book = _tables(found.stressed, known, rulebook)
    book = replace(book, totals=book.totals.with_columns(reaches=pl.Series(found.reaches)))
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        write_stress(book, out)
    return ReversedBook(found.fall_bp, found.is_steady, book)


def stressed_book(
    marks: Marks, scenarios: Sequence[Scenario], *, traits: Traits, rulebook: Rulebook, say: Say = lambda _: None
) -> StressedBook:
    """Run scenarios over marks, into tables."""
    say(f"run {len(scenarios)} scenarios over {len(marks.book.layout.indebted):,} indebted accounts")
    return _tables(stress(marks, scenarios, traits=traits, rulebook=rulebook), traits, rulebook)


def _tables(found: Stressed, traits: Traits, rulebook: Rulebook) -> StressedBook:
    return StressedBook(
        session=found.marks.day.session,
        grade=found.marks.grade,
        scenarios=found.scenarios,
        totals=totals_of(found),
        lines=lines_of(found),
        sales=sales_of(found),
        clients=clients_of(found.marks),
        removals=removals_of(found.marks),
        margins=margins_of(found.marks, found.scenarios, traits=traits, rulebook=rulebook),
    )


def write_stress(book: StressedBook, folder: Path) -> None:
    """Leave the tables in a folder that is there, with what they rest on."""
    for name in TABLES:
        getattr(book, name).write_parquet(folder / f"{name}.parquet")
    about = {
        "session": book.session.isoformat(),
        "grade": book.grade.value,
        "scenarios": [{"scenario": one.key, "source": one.source} for one in book.scenarios],
    }
    (folder / "stress.json").write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
