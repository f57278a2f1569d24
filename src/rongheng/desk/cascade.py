"""A fire-sale cascade over a folder of marks: the shock, the model of impact, and the files that are left.

What lives here: which files go in and out. What does not: any arithmetic.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from rongheng.account.book.convert import write_tables
from rongheng.account.marks import Marks
from rongheng.account.marks.folder import read_origin
from rongheng.account.stress import Scenario, Traits
from rongheng.account.stress.cascade import Spread, cascade
from rongheng.account.stress.cascade_book import book_after
from rongheng.account.stress.cascade_result import Cascade
from rongheng.account.stress.cascade_tables import rounds_of, securities_of, sessions_of, summary_of
from rongheng.account.stress.impact import Impact
from rongheng.basics.grades import Grade, worst
from rongheng.desk.accounts import Say, marks_again
from rongheng.desk.carry import keep_beside
from rongheng.rulebook import Rulebook

TABLES: Final = ("rounds", "sessions", "securities", "summary")
_SENSITIVITIES: Final = {"half": (1, 2), "twice": (2, 1)}  # of the impact, beside the model itself


@dataclass(frozen=True, slots=True)
class CascadeTerms:
    """How a cascade is run."""

    impact: Impact
    sessions: int = 5
    spread: Spread = Spread.PRO_RATA
    crowd: int = 1


@dataclass(frozen=True, slots=True)
class CascadedBook:
    """What a cascade comes to as tables, with what it rests on."""

    session: date
    grade: Grade
    terms: CascadeTerms
    found: Cascade
    rounds: pl.DataFrame
    sessions: pl.DataFrame
    securities: pl.DataFrame
    summary: pl.DataFrame  # the model, half of its impact and twice of it


def cascade_book(
    marked: Path,
    scenario: Scenario,
    terms: CascadeTerms,
    *,
    traits: Path | None = None,
    out: Path | None = None,
    filled: Path | None = None,
    say: Say = lambda _: None,
) -> CascadedBook:
    """Follow a shock through the book that a folder of marks was made from.

    Parameters
    ----------
    marked : the folder that ``mark_book`` left
    traits : the file of betas and industries
    out : the folder for the tables
    filled : also write the book as the sales leave it

    Raises
    ------
    UsageError
        The scenario names a security that is not there.
    BookError
        The book or the day has changed since it was marked.
    """
    known = Traits.none() if traits is None else Traits.read(traits)
    marks, rulebook = marks_again(marked, say=say)
    book = cascaded_book(marks, scenario, terms, traits=known, rulebook=rulebook, say=say)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        write_cascade(book, out)
    if filled is not None:
        say(f"write {filled}")
        write_tables(book_after(book.found), filled)
        keep_beside(Path(read_origin(marked)[1].book.path), filled)
    return book


def cascaded_book(
    marks: Marks,
    scenario: Scenario,
    terms: CascadeTerms,
    *,
    traits: Traits,
    rulebook: Rulebook,
    say: Say = lambda _: None,
) -> CascadedBook:
    """Follow a shock through marks, into tables; prices after impact are estimates at best."""

    def run(impact: Impact) -> Cascade:
        return cascade(
            marks,
            scenario,
            impact=impact,
            traits=traits,
            rulebook=rulebook,
            sessions=terms.sessions,
            spread=terms.spread,
            crowd=terms.crowd,
        )

    say(f"follow {scenario.key} through {len(marks.book.layout.indebted):,} indebted accounts")
    found = run(terms.impact)
    others = [(name, run(terms.impact.times(*by))) for name, by in _SENSITIVITIES.items()]
    return CascadedBook(
        session=marks.day.session,
        grade=worst(marks.grade, Grade.ESTIMATED),
        terms=terms,
        found=found,
        rounds=rounds_of(found),
        sessions=sessions_of(found),
        securities=securities_of(found),
        summary=summary_of([("model", found), *others]),
    )


def write_cascade(book: CascadedBook, folder: Path) -> None:
    """Leave the tables in a folder that is there, with what they rest on."""
    for name in TABLES:
        getattr(book, name).write_parquet(folder / f"{name}.parquet")
    impact, scenario, found = book.terms.impact, book.found.scenario, book.found
    about = {
        "session": book.session.isoformat(),
        "grade": book.grade.value,
        "scenario": {"scenario": scenario.key, "source": scenario.source},
        "impact": {
            "impact": impact.key,
            "form": impact.form.value,
            "fall_ppm": impact.fall_ppm,
            "working": impact.working,
            "source": impact.source,
            "confidence": impact.confidence,
        },
        "spread": book.terms.spread.value,
        "crowd": book.terms.crowd,
        "called_before": found.called_before,
        "without_average": found.without_average,
        "beyond_accounts": found.beyond_accounts,
        "replayed": found.replayed,
        "defaulted": found.defaulted,
    }
    (folder / "cascade.json").write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
