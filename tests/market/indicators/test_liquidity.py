"""The verdict on liquidity: how lenses add up, what is not judged, its record, and nothing of later days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import MissingDataError
from rongheng.market.indicators.basis import basis
from rongheng.market.indicators.contract import LENSES
from rongheng.market.indicators.criterion import HIGH, LOW, NOT_JUDGED, WATCH, Verdicts
from rongheng.market.indicators.liquidity import liquidity, liquidity_history, overall
from rongheng.market.indicators.liquidity_record import liquidity_record
from rongheng.market.series.lenses import assemble_lenses
from tests.market.indicators.futures_frames import made_up_contracts
from tests.market.indicators.panels import made_up_panel

HEIGHT = 320


def frame(seed: int = 1, *, height: int = HEIGHT, **columns: object) -> pl.DataFrame:
    dice = np.random.default_rng(seed)
    start = calendar().sessions.index(date(2023, 1, 3))
    given_ = {
        "session": list(calendar().sessions[start : start + height]),
        "financing_balance": 1.5e12 * np.exp(np.cumsum(dice.normal(0, 0.003, height))),
        "pressure": dice.integers(0, 3, height).astype(np.float64),
        "close": 5000 * np.exp(np.cumsum(dice.normal(0, 0.01, height))),
        "discount": 0.05 + dice.normal(0, 0.02, height),
        "fund_flow": dice.normal(0, 0.01, height),
        "knock_in_share": dice.choice([0.0, 0.02, 0.05, 0.12], height),
    } | columns
    grades = {name: pl.lit("derived") for name in LENSES if name.endswith("_grade")}
    texts = {name: pl.lit("x") for name in LENSES if name.endswith(("_zh", "_en"))}
    whole = pl.DataFrame(given_).with_columns(**grades, **texts)
    return whole.select(pl.col(name).cast(dtype) for name, dtype in LENSES.items())


@pytest.mark.parametrize(
    ("places", "verdict"),
    [
        ([LOW, LOW, LOW, LOW], LOW),
        ([WATCH, LOW, LOW, LOW], LOW),  # one lens at watch alone does not count
        ([WATCH, WATCH, LOW, LOW], WATCH),
        ([HIGH, LOW, LOW, LOW], WATCH),  # one lens alone never makes it high
        ([HIGH, WATCH, LOW, LOW], WATCH),
        ([HIGH, HIGH, LOW, LOW], HIGH),
        ([HIGH, NOT_JUDGED, NOT_JUDGED, NOT_JUDGED], NOT_JUDGED),
        ([HIGH, HIGH, NOT_JUDGED, NOT_JUDGED], HIGH),
    ],
)
def test_the_verdict_is_the_second_gravest_and_at_least_watch_where_one_is_high(
    places: list[int], verdict: int
) -> None:
    assert overall(np.array([places], dtype=np.int8).T).tolist() == [verdict]


def test_a_discount_and_an_outflow_beyond_all_before_make_it_high() -> None:
    calm = frame(pressure=np.zeros(HEIGHT), knock_in_share=np.zeros(HEIGHT))
    last = pl.int_range(pl.len()) == HEIGHT - 1
    pressed = calm.with_columns(
        discount=pl.when(last).then(0.5).otherwise("discount"),
        fund_flow=pl.when(last).then(-0.5).otherwise("fund_flow"),
    )
    rows = {row["lens"]: row for row in liquidity(pressed).rows.to_dicts()}
    assert [rows[lens]["verdict"] for lens in ("futures", "funds", "overall")] == ["high", "high", "high"]
    assert rows["futures"]["number"] == 0.5
    assert rows["futures"]["watch_at"] < rows["futures"]["high_at"] < 0.5
    assert rows["snowballs"]["verdict"] == "low"
    assert "2 at high" in rows["overall"]["evidence_en"]


def test_a_lens_without_data_or_with_a_short_past_is_not_judged() -> None:
    rows = {row["lens"]: row for row in liquidity(frame(height=100)).rows.to_dicts()}
    assert rows["funds"]["verdict"] is None
    assert "too few" in rows["funds"]["evidence_en"]
    without = frame(discount=np.full(HEIGHT, np.nan)).with_columns(discount=pl.lit(None, dtype=pl.Float64))
    rows = {row["lens"]: row for row in liquidity(without).rows.to_dicts()}
    assert rows["futures"]["verdict"] is None
    assert "data lacking (discount)" in rows["futures"]["evidence_en"]
    with pytest.raises(MissingDataError, match="financing_balance"):
        liquidity(pl.DataFrame(schema=LENSES))


@pytest.mark.parametrize(
    ("share", "verdict"), [(0.0, "low"), (0.0299, "low"), (0.03, "watch"), (0.0999, "watch"), (0.1, "high")]
)
def test_what_snowballs_release_is_judged_by_fixed_bars(share: float, verdict: str) -> None:
    rows = {row["lens"]: row for row in liquidity(frame(knock_in_share=np.full(HEIGHT, share))).rows.to_dicts()}
    assert (rows["snowballs"]["verdict"], rows["snowballs"]["watch_at"]) == (verdict, 0.03)
    assert "of a day's futures" in rows["snowballs"]["evidence_en"]


def test_a_verdict_that_rests_on_the_estimated_inventory_says_what_it_is_without() -> None:
    better = np.linspace(0.0, 0.1, HEIGHT)
    calm: dict[str, Any] = {"pressure": np.full(HEIGHT, 1.0), "discount": -better, "fund_flow": better}
    calm["financing_balance"] = 1e12 * np.exp(better**2)
    rows = {row["lens"]: row for row in liquidity(frame(knock_in_share=np.full(HEIGHT, 0.05), **calm)).rows.to_dicts()}
    others = [rows[lens]["verdict"] for lens in ("margin", "financing", "snowballs")]
    assert (others, rows["overall"]["verdict"]) == (["watch", "low", "watch"], "watch")
    assert "Without snowballs, whose inventory is estimated, it would be low" in rows["overall"]["evidence_en"]
    without = liquidity(frame(knock_in_share=np.zeros(HEIGHT), **calm)).rows.row(-1, named=True)
    assert "Without" not in without["evidence_en"]


def test_without_an_inventory_the_lens_of_snowballs_says_why_it_is_not_judged() -> None:
    without = frame().with_columns(knock_in_share=pl.lit(None, dtype=pl.Float64))
    rows = {row["lens"]: row for row in liquidity(without).rows.to_dicts()}
    assert rows["snowballs"]["verdict"] is None
    assert "no register of outstanding snowballs is public" in rows["snowballs"]["evidence_en"]


@given(seed=st.integers(0, 1000), cut=st.integers(260, HEIGHT - 1))
@settings(max_examples=8, deadline=None)
def test_a_verdict_does_not_change_when_later_sessions_come(seed: int, cut: int) -> None:
    whole = frame(seed)
    assert_unchanged_when_cut(liquidity_history, whole, cut)


def assert_unchanged_when_cut(history: Callable[[pl.DataFrame], Verdicts], whole: pl.DataFrame, cut: int) -> None:
    assert history(whole)[:cut].tolist() == history(whole.head(cut)).tolist()


def test_a_verdict_that_peeks_is_caught() -> None:
    """Planted: each lens takes its levels from its whole past, later sessions included."""

    def peeking(frame: pl.DataFrame) -> Verdicts:
        places = [
            (frame[name].to_numpy() >= frame[name].quantile(0.9)).astype(np.int8) for name in ("discount", "fund_flow")
        ]
        return overall(np.vstack(places))

    with pytest.raises(AssertionError):
        assert_unchanged_when_cut(peeking, frame(1, discount=np.linspace(0.0, 0.1, HEIGHT)), 280)


def test_the_record_counts_falls_after_each_verdict() -> None:
    falling = frame(3, close=np.linspace(5000, 4000, HEIGHT))
    rows = liquidity_record(falling).rows
    stated = rows.filter(pl.col("sessions") > 0)
    assert stated["fell_share"].to_list() == [1.0] * stated.height
    judged = int((liquidity_history(falling) != NOT_JUDGED).sum())
    everything = rows.filter((pl.col("verdict") == "all-sessions") & (pl.col("horizon_sessions") == 20)).row(
        0, named=True
    )
    assert everything["sessions"] + everything["pending"] == judged
    # Horizons of 20 sessions that do not overlap: every twentieth of the sessions that ended.
    assert everything["separate"] == -(-everything["sessions"] // 20)
    assert everything["fell_low"] < 1.0 == everything["fell_high"]


def test_the_lenses_of_a_lake_without_futures_and_funds_are_those_of_margin() -> None:
    panel = made_up_panel(260, seed=2, gaps=False)
    lenses = assemble_lenses(panel=panel)
    for name in ("discount", "fund_flow", "knock_in_share"):
        assert lenses[name].null_count() == 260
    assert_frame_equal(lenses.select("session", "financing_balance"), panel.select("session", "financing_balance"))


def test_the_discount_of_all_products_is_weighted_by_open_interest() -> None:
    contracts = made_up_contracts(70, seed=1, gaps=False)
    panel = made_up_panel(60, seed=2, gaps=False).with_columns(
        session=pl.Series(contracts["session"].unique().sort().head(60))
    )
    lenses = assemble_lenses(panel=panel, futures=contracts)
    day = panel["session"][-1]
    rows = basis(contracts).rows.filter(pl.col("session") == day)
    lots = rows["open_interest_lots"].to_list()
    by_hand = sum(a * b for a, b in zip(rows["annual_adjusted"].to_list(), lots, strict=True)) / sum(lots)
    assert lenses["discount"][-1] == pytest.approx(by_hand)
