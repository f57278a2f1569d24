"""Scenarios over a folder of marks: which ones run, and the files that are left.

What lives here: which files go in and out. What does not: any arithmetic.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from rongheng.account.stress import Scenario, Traits, find_scenarios, stress
from rongheng.account.stress.tables import lines_of, sales_of, totals_of
from rongheng.basics.grades import Grade
from rongheng.desk.accounts import Say, marks_again


@dataclass(frozen=True, slots=True)
class StressedBook:
    """What scenarios come to as tables, with what they rest on."""

    session: date
    grade: Grade
    totals: pl.DataFrame
    lines: pl.DataFrame
    sales: pl.DataFrame
    without_beta: int  # securities of the book whose beta is taken to be 1


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
    say(f"run {len(scenarios)} scenarios over {len(marks.book.layout.indebted):,} indebted accounts")
    found = stress(marks, scenarios, traits=known, rulebook=rulebook)
    book = StressedBook(
        session=marks.day.session,
        grade=marks.grade,
        totals=totals_of(found),
        lines=lines_of(found),
        sales=sales_of(found),
        without_beta=found.without_beta,
    )
    if out is not None:
        _write(book, out, scenarios)
    return book


def _write(book: StressedBook, folder: Path, scenarios: Sequence[Scenario]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("totals", "lines", "sales"):
        getattr(book, name).write_parquet(folder / f"{name}.parquet")
    about = {
        "session": book.session.isoformat(),
        "grade": book.grade.value,
        "without_beta": book.without_beta,
        "scenarios": [{"scenario": one.key, "source": one.source} for one in scenarios],
    }
    (folder / "stress.json").write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
