"""Synthetic books: the same seed makes the same book, it marks without a Problem, and it is what the recipe says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from rongheng.account.book import Book
from rongheng.account.marks import mark
from rongheng.account.policy import PolicySet
from rongheng.account.population import Recipe, make_book, make_day
from rongheng.basics.errors import UsageError

SESSION = date(2026, 3, 2)
DAY = make_day(SESSION, securities=800)
RECIPE = Recipe(accounts=20_000, seed=3)


def _arrays(book: Book) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in vars(book.layout).items()}


def test_a_seed_makes_one_book_on_any_number_of_threads() -> None:
    assert _arrays(make_book(RECIPE, DAY, threads=1)) == _arrays(make_book(RECIPE, DAY, threads=2))
    assert _arrays(make_book(RECIPE, DAY)) != _arrays(make_book(replace(RECIPE, seed=4), DAY))


def test_a_synthetic_book_marks_without_a_problem_and_has_the_average_ratio_asked_for() -> None:
    book = make_book(replace(RECIPE, average_ratio=2.5), DAY)
    marks = mark(book, DAY, PolicySet.load("illustrative", session=SESSION))
    assert marks.problems.height == 0
    frame = marks.frame()
    owing = frame.filter(frame["debt_milli"] > 0)
    assert int(owing["assets_milli"].sum()) / int(owing["debt_milli"].sum()) == pytest.approx(2.5, rel=0.1)
    assert len(owing) / len(frame) == pytest.approx(0.13, rel=0.1)
    assert {"warning", "liquidation", "withdrawable", "normal", "no_debt"} <= set(frame["state"].cast(str))


def test_sizes_have_heavy_tails_and_memory_stays_within_its_bounds() -> None:
    book = make_book(RECIPE, DAY)
    counts = np.diff(book.layout.starts)
    assert counts.min() >= 1
    assert counts.mean() == pytest.approx(6.5, rel=0.1)
    assert counts.max() > 15 * np.median(counts)
    assert book.layout.position_bytes <= 8 * book.layout.n_positions
    assert book.layout.account_bytes <= 60 * book.layout.n_accounts + 8


def test_positions_are_sorted_and_different_within_an_account() -> None:
    layout = make_book(RECIPE, DAY).layout
    same_account = np.diff(np.repeat(np.arange(layout.n_accounts), np.diff(layout.starts))) == 0
    assert np.all(np.diff(layout.code.astype(np.int64))[same_account] > 0)


def test_an_impossible_recipe_is_refused() -> None:
    with pytest.raises(UsageError, match="1 or more"):
        Recipe(accounts=0, seed=1)
    with pytest.raises(UsageError, match="too low"):
        Recipe(accounts=1, seed=1, average_ratio=1.0)
