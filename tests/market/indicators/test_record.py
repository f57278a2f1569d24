"""The record: counted from the day that a thing was known, over horizons that have ended, beside two baselines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import MissingDataError, UsageError
from rongheng.market.indicators.aftermath import aftermath, undercut
from rongheng.market.indicators.confidence import wilson
from rongheng.market.indicators.lows import find_lows
from rongheng.market.indicators.record import HORIZONS, low_record, record, turns_to_high
from tests.market.indicators.panels import made_up_panel, make_panel, real_panel

FIRST = date(2021, 1, 4)


def panel_of(ratios: Sequence[float | None], closes: Sequence[float | None]) -> pl.DataFrame:
    return make_panel({"maintenance_ratio": ratios, "csi_all_close": closes}, first=FIRST)


def row_of(rows: pl.DataFrame, subject: str, horizon: int) -> dict[str, Any]:
    return rows.row(by_predicate=(pl.col("subject") == subject) & (pl.col("horizon_sessions") == horizon), named=True)


# A low of the ratio at session 1, confirmed at session 3 (2.2 is a tenth above 2.0).
DIP = [2.4, 2.0, 2.1, 2.2]


def test_a_low_counts_from_its_confirmation_and_not_from_its_day() -> None:
    closes = [100.0, 80.0, 90.0, 120.0] + [110.0] * 20  # 110 is above the low's 80 and below the confirmation's 120
    row = row_of(low_record(panel_of(DIP + [2.3] * 20, closes)), "ratio-lows", 20)
    assert (row["events"], row["higher"], row["false_alarms"]) == (1, 0, 1)
    assert row["mean_return"] == row["median_return"] == pytest.approx(110 / 120 - 1)
    assert row["median_deepest_fall"] == pytest.approx(110 / 120 - 1)


def test_only_horizons_that_have_ended_count() -> None:
    closes = [100.0] * 3 + [100.0 + n for n in range(20)]
    rows = low_record(panel_of(DIP + [2.3] * 19, closes))  # the confirmation's twentieth session is not there yet
    row = row_of(rows, "ratio-lows", 20)
    assert (row["events"], row["pending"], row["higher_share"]) == (0, 1, None)
    row = row_of(low_record(panel_of(DIP + [2.3] * 20, [*closes, 120.0])), "ratio-lows", 20)
    assert (row["events"], row["pending"], row["higher_share"]) == (1, 0, 1.0)


def test_a_lower_low_of_the_ratio_is_a_false_alarm_though_the_index_rises() -> None:
    closes = [100.0 + n for n in range(24)]
    kept = row_of(low_record(panel_of(DIP + [2.3] * 19 + [2.0], closes)), "ratio-lows", 20)
    broken = row_of(low_record(panel_of([*DIP, 1.99, *[2.3] * 19], closes)), "ratio-lows", 20)
    assert (kept["higher"], kept["false_alarms"]) == (1, 0)  # back to the low is not below it
    assert (broken["higher"], broken["false_alarms"]) == (1, 1)


def test_a_lower_low_after_the_horizon_is_no_false_alarm() -> None:
    closes = [100.0 + n for n in range(25)]
    row = row_of(low_record(panel_of([*DIP, *[2.3] * 20, 1.0], closes)), "ratio-lows", 20)
    assert row["false_alarms"] == 0


def test_the_baseline_calls_the_indexs_own_lows_by_the_same_rule() -> None:
    closes = [100.0, 90.0, 95.0, 98.0, 99.0] + [105.0] * 20  # low of 90, confirmed by 99 at session 4
    row = row_of(low_record(panel_of([2.5] * 25, closes)), "index-lows", 20)
    assert (row["events"], row["higher"]) == (1, 1)
    assert row["mean_return"] == pytest.approx(105 / 99 - 1)


def test_the_baselines_begin_with_the_ratio() -> None:
    closes = [100.0, 90.0, 99.0] + [105.0] * 30
    rows = low_record(panel_of([None] * 3 + [2.5] * 30, closes))
    assert row_of(rows, "index-lows", 20)["events"] == 0  # that low stands before the first ratio
    assert row_of(rows, "all-sessions", 20)["events"] == 10  # sessions 3 to 12 have a twentieth session after them


def test_the_interval_counts_horizons_that_do_not_overlap() -> None:
    closes = [100.0 + n for n in range(61)]
    row = row_of(low_record(panel_of([2.5] * 61, closes)), "all-sessions", 20)
    assert (row["events"], row["separate"], row["higher_share"]) == (41, 3, 1.0)  # 0–20, 20–40, 40–60
    assert row["share_low"] == pytest.approx(3 / (3 + 1.959964**2))


@pytest.mark.parametrize(
    ("agree", "of", "low", "high"),
    [(8, 10, 0.490, 0.943), (0, 10, 0.0, 0.278), (15, 148, 0.062, 0.160)],  # the last from Newcombe (1998), table I
)
def test_the_interval_is_wilsons(agree: int, of: int, low: float, high: float) -> None:
    assert wilson(agree / of, count=of) == pytest.approx((low, high), abs=5e-4)


@given(st.integers(1, 200), st.integers(0, 200))
def test_the_interval_holds_the_share_and_narrows_with_more_cases(of: int, agree: int) -> None:
    share = min(agree, of) / of
    low, high = wilson(share, count=of)
    assert 0 <= low <= share + 1e-12
    assert share - 1e-12 <= high <= 1
    narrower = wilson(share, count=of * 4)
    assert narrower[1] - narrower[0] < high - low


def test_an_event_without_a_close_at_either_end_is_left_out() -> None:
    after = aftermath(np.array([np.nan, 100.0, 110.0, np.nan, 121.0]), [0, 1, 2], horizon=2)
    assert after.which.tolist() == [2]
    assert after.returns.tolist() == pytest.approx([0.1])
    assert after.pending == 0


def test_no_event_is_no_error() -> None:
    after = aftermath(np.array([100.0, 110.0]), [], horizon=1)
    assert (len(after.starts), after.pending, after.separate) == (0, 0, 0)
    assert undercut(np.array([1.0]), after.starts, np.array([]), horizon=1).tolist() == []


def test_an_episode_begins_after_twenty_sessions_without_a_high_verdict() -> None:
    high = [False] * 50
    for session in (3, 4, 24, 45):  # 24 comes after nineteen sessions without one, 45 after twenty
        high[session] = True
    assert turns_to_high(high) == [3, 45]


def test_a_warning_was_false_when_the_index_did_not_stand_lower() -> None:
    rows = record(made_up_panel(700, seed=9)).rows.filter(subject="pressure-high", horizon_sessions=20)
    row = rows.row(0, named=True)
    assert row["events"] > 0
    assert row["false_alarms"] == row["higher"]  # random closes are never exactly equal


@given(seed=st.integers(0, 1000), cut=st.integers(60, 399))
@settings(max_examples=10, deadline=None)
def test_a_replay_counts_only_what_had_been_confirmed_and_had_ended(seed: int, cut: int) -> None:
    panel = made_up_panel(400, seed=seed, gaps=False)
    known = panel["session"].search_sorted(find_lows(panel)["confirmed"]).to_list()
    then = low_record(panel.head(cut))
    for horizon in HORIZONS:
        row = row_of(then, "ratio-lows", horizon)
        assert row["events"] == sum(position + horizon < cut for position in known)
        assert row["events"] + row["pending"] == sum(position < cut for position in known)


@given(seed=st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_counts_agree_with_each_other(seed: int) -> None:
    for row in record(made_up_panel(400, seed=seed)).rows.iter_rows(named=True):
        assert row["separate"] <= row["events"]
        if row["events"]:
            assert row["higher_share"] == row["higher"] / row["events"]
            assert row["share_low"] <= row["higher_share"] <= row["share_high"]
            assert row["median_deepest_fall"] <= min(row["median_return"], 0)
            assert row["false_alarms"] <= row["events"]


def test_a_simulated_ratio_grades_its_own_rows_alone() -> None:
    panel = panel_of(DIP + [2.3] * 20, [100.0] * 24).with_columns(
        account_grade=pl.Series(["simulated"] * 24, dtype=pl.String)
    )
    grades = dict(low_record(panel).select("subject", "grade").unique().rows())
    assert grades == {"ratio-lows": "simulated", "index-lows": "official", "all-sessions": "official"}


def test_an_index_that_is_not_there_is_an_error_that_names_those_that_are() -> None:
    panel = panel_of(DIP, [100.0] * 4)
    with pytest.raises(MissingDataError, match=r"csi300.*choose --index from: csi-all"):
        record(panel, index="csi300")
    with pytest.raises(UsageError, match="nasdaq"):
        record(panel, index="nasdaq")


def test_a_panel_without_ratios_is_an_error() -> None:
    with pytest.raises(MissingDataError, match="maintenance_ratio"):
        record(panel_of([None] * 4, [100.0] * 4))


@pytest.fixture(scope="module")
def real(shared_data: Path) -> pl.DataFrame:
    return real_panel(shared_data)


@pytest.mark.parametrize("horizon", HORIZONS)
def test_the_real_record_is_what_counting_by_hand_gives(real: pl.DataFrame, horizon: int) -> None:
    closes = dict(zip(real["session"], real["csi_all_close"], strict=True))
    ratios = dict(zip(real["session"], real["maintenance_ratio"], strict=True))
    returns, false_alarms = [], 0
    for low in find_lows(real).iter_rows(named=True):
        end = calendar().offset(low["confirmed"], horizon)
        if end > real["session"][-1]:
            continue
        returns.append(closes[end] / closes[low["confirmed"]] - 1)
        later = calendar().between(calendar().offset(low["confirmed"], 1), end)
        lower_low = any(ratios[day] is not None and ratios[day] < low["ratio"] for day in later)
        false_alarms += returns[-1] < 0 or lower_low
    row = row_of(low_record(real), "ratio-lows", horizon)
    assert row["events"] == len(returns) >= 17
    assert row["higher"] == sum(one > 0 for one in returns)
    assert row["mean_return"] == pytest.approx(mean(returns))
    assert row["median_return"] == pytest.approx(median(returns))
    assert row["false_alarms"] == false_alarms


def test_the_record_does_not_flatter_the_reports(real: pl.DataFrame) -> None:
    """Six lows that fit are not a law: over a month, lows of the ratio do no better than any session does."""
    rows = low_record(real)
    for horizon in HORIZONS:
        lows, anyhow = row_of(rows, "ratio-lows", horizon), row_of(rows, "all-sessions", horizon)
        assert lows["share_low"] < anyhow["higher_share"] < lows["share_high"]


def test_the_notes_say_how_many_lows_coincide_with_the_indexs_own(real: pl.DataFrame) -> None:
    own = real["session"].search_sorted(find_lows(real, column="csi_all_close")["session"]).to_list()
    lows = real["session"].search_sorted(find_lows(real)["session"]).to_list()
    near = sum(any(abs(low - one) <= 10 for one in own) for low in lows)
    assert f"{near} of {len(lows)} lows" in record(real).notes[0].en
