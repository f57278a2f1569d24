"""The order of candidates: the published formula by hand, existing underlyings first, and laws."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongheng.basics.errors import DataError
from rongheng.market.pools.ranking import rank
from tests.depth import examples

SESSION = date(2025, 4, 10)


def shares(*rows: tuple[str, float | None, float | None, bool]) -> pl.DataFrame:
    names = {
        "security": pl.String,
        "mean_float_cap": pl.Float64,
        "mean_amount": pl.Float64,
        "is_underlying": pl.Boolean,
    }
    return pl.DataFrame(rows, schema=names, orient="row")


FOUR = shares(
    ("600000.SH", 6e9, 1e8, False),
    ("600004.SH", 1e9, 5e8, False),
    ("600006.SH", 1e9, 1e8, True),
    ("600007.SH", 0.0, 1e8, False),
)


def test_twice_the_share_in_value_and_once_the_share_in_amount() -> None:
    """Means of the market: (6 + 1 + 1 + 0) / 4 = 2 bn and (1 + 5 + 1 + 1) / 4 = 0.2 bn.

    Scores: 2 × 6/2 + 1/2 = 6.5; 2 × 1/2 + 5/2 = 3.5; 2 × 1/2 + 1/2 = 1.5; 0 + 1/2 = 0.5.
    """
    rows = rank(FOUR, session=SESSION).rows
    assert dict(rows.select("security", "score").rows()) == {
        "600000.SH": 6.5,
        "600004.SH": 3.5,
        "600006.SH": 1.5,
        "600007.SH": 0.5,
    }


def test_an_existing_underlying_goes_before_every_candidate() -> None:
    rows = rank(FOUR, session=SESSION).rows
    assert rows["security"].to_list() == ["600006.SH", "600000.SH", "600004.SH", "600007.SH"]
    assert rows["place"].to_list() == [1, 2, 3, 4]
    assert rows["rank"].to_list() == [3, 1, 2, 4]


def test_who_is_no_candidate_counts_in_the_means_but_has_no_place() -> None:
    rows = rank(FOUR, session=SESSION, candidates=["600006.SH", "600007.SH"]).rows
    assert rows.select("security", "place", "score").rows() == [
        ("600006.SH", 1, 1.5),
        ("600007.SH", 2, 0.5),
        ("600000.SH", None, 6.5),
        ("600004.SH", None, 3.5),
    ]


def test_equal_scores_share_the_better_rank_and_stand_by_code() -> None:
    rows = rank(shares(("600004.SH", 1e9, 1e8, False), ("600000.SH", 1e9, 1e8, False)), session=SESSION).rows
    assert rows.select("security", "place", "rank").rows() == [("600000.SH", 1, 1), ("600004.SH", 2, 1)]


def test_each_exchange_has_an_order_of_its_own() -> None:
    rows = rank(shares(("600000.SH", 1e9, 1e8, False), ("000001.SZ", 9e9, 9e8, False)), session=SESSION).rows
    assert rows.select("security", "place", "score").rows() == [("600000.SH", 1, 3.0), ("000001.SZ", 1, 3.0)]


def test_a_share_without_a_figure_is_named_and_not_ranked() -> None:
    found = rank(shares(("600000.SH", 1e9, 1e8, False), ("600004.SH", None, 1e8, False)), session=SESSION)
    assert found.rows.select("security", "place", "score").rows() == [("600000.SH", 1, 3.0), ("600004.SH", None, None)]
    assert any("600004.SH" in note.en for note in found.notes)


def test_a_market_without_any_value_is_refused() -> None:
    with pytest.raises(DataError, match="zero"):
        rank(shares(("600000.SH", 0.0, 1e8, False)), session=SESSION)


figures = st.lists(st.tuples(st.integers(1, 10**12), st.integers(1, 10**11), st.booleans()), min_size=1, max_size=12)


def made(rows: list[tuple[int, int, bool]], *, value: int = 1, amount: int = 1) -> pl.DataFrame:
    return shares(
        *((f"60{n:04d}.SH", float(cap * value), float(own * amount), old) for n, (cap, own, old) in enumerate(rows))
    )


@settings(max_examples=examples(20))
@given(figures, st.integers(1, 1_000), st.integers(1, 1_000))
def test_another_unit_of_value_or_amount_changes_no_order(
    rows: list[tuple[int, int, bool]], value: int, amount: int
) -> None:
    one = rank(made(rows), session=SESSION).rows
    other = rank(made(rows, value=value, amount=amount), session=SESSION).rows
    assert one.select("security", "place", "rank").rows() == other.select("security", "place", "rank").rows()


@settings(max_examples=examples(20))
@given(figures, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(rows: list[tuple[int, int, bool]], random: Any) -> None:
    frame = made(rows)
    shuffled = frame[random.sample(range(frame.height), frame.height)]
    assert rank(frame, session=SESSION).rows.equals(rank(shuffled, session=SESSION).rows)


@settings(max_examples=examples(20))
@given(figures)
def test_scores_average_to_three_and_underlyings_stand_first(rows: list[tuple[int, int, bool]]) -> None:
    found = rank(made(rows), session=SESSION).rows
    assert found["score"].mean() == pytest.approx(3.0)  # 2 × 1 + 1, as every share is measured against the mean
    old = found["is_underlying"].to_list()
    assert old == sorted(old, reverse=True)
