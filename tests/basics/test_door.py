"""The one door of the package: what it names is there, and naming it costs nothing."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

import rongheng
from rongheng.account.book import write_tables


def test_everything_that_the_door_names_is_behind_it() -> None:
    assert sorted(rongheng.__all__) == sorted(rongheng.__dir__())
    for name in rongheng.__all__:
        assert getattr(rongheng, name) is not None


def test_what_is_not_there_is_told_what_is() -> None:
    with pytest.raises(AttributeError, match="it has: Book, Dossier, Grade"):
        _ = rongheng.nothing


def test_a_book_is_made_marked_and_explained_through_the_door(tmp_path: Path) -> None:
    day = rongheng.make_day(date(2026, 3, 2), securities=100)
    made = rongheng.make_book(rongheng.Recipe(accounts=50, seed=1), day)
    policies = rongheng.PolicySet.load("illustrative", session=day.session)
    marks = rongheng.mark(made, day, policies)
    indebted = marks.frame().filter(marks.frame()["debt_milli"] > 0).row(0, named=True)
    terms = marks.explain(indebted["account_id"])
    parts = terms.filter((terms["number"] == "debt_milli") & ~terms["is_total"])
    assert parts["amount_milli"].sum() == indebted["debt_milli"]
    write_tables(made, tmp_path)
    again = rongheng.mark(rongheng.Book.read(tmp_path), day, policies)
    assert again.frame().equals(marks.frame())
    assert rongheng.summarise(again).total["debt_milli"] == marks.frame()["debt_milli"].sum()


@pytest.mark.parametrize("module", ["rongheng", "rongheng.cli.app", "rongheng.rulebook"])
def test_what_must_start_fast_loads_nothing_heavy(module: str) -> None:
    heavy = "polars numpy numba deltalake pydantic altair vl_convert pandas"
    code = f"import sys, {module}; print(*[name for name in {heavy.split()!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
