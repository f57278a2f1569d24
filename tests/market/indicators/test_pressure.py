"""The pressure reading: each criterion on panels with known numbers, the overall rule, and no look ahead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import UsageError
from rongheng.market.indicators.criterion import HIGH, LOW, NOT_JUDGED, WATCH
from rongheng.market.indicators.fit import fit
from rongheng.market.indicators.pressure import CRITERIA, overall_verdict, pressure, pressure_history
from rongheng.market.indicators.pressure_motion import MOTION
from rongheng.market.indicators.pressure_state import STATE
from tests.market.indicators.panels import RULES, made_up_panel, make_panel, real_panel

FIRST = date(2021, 1, 4)
LONG = 300  # sessions: more than the 250 that a level needs


def rules(height: int, **given_: Sequence[object]) -> dict[str, Sequence[object]]:
    """Return the rulebook's columns for that many sessions, with the given ones beside or in place of them."""
    columns: dict[str, Sequence[object]] = {name: [value] * height for name, value in RULES.items()}
    return columns | given_


def rows_of(panel: pl.DataFrame) -> dict[str, dict[str, Any]]:
    return {row["criterion"]: row for row in pressure(panel).rows.iter_rows(named=True)}


def still(level: float, *tail: float) -> list[float]:
    """Return a series of ``LONG`` sessions that stands still and ends with the tail."""
    return [level] * (LONG - len(tail)) + list(tail)


# distance: the broad index once fell from 100 to 75 within twenty sessions, so a repeat leaves 75 % of the ratio.


@pytest.mark.parametrize(
    ("ratio", "left", "verdict"),
    [(2.01, 1.5075, "low"), (2.00, 1.50, "watch"), (1.87, 1.4025, "watch"), (1.86, 1.395, "high")],
)
def test_distance_is_what_a_repeat_of_the_largest_fall_would_leave(ratio: float, left: float, verdict: str) -> None:
    closes = [100.0] * 20 + [75.0] + [80.0] * (LONG - 21)
    panel = make_panel(rules(LONG, csi_all_close=closes, maintenance_ratio=[ratio] * LONG), first=FIRST)
    row = rows_of(panel)["distance"]
    assert row["number"] == pytest.approx(left)
    assert (row["watch_at"], row["high_at"], row["verdict"]) == (1.50, 1.40, verdict)


def test_the_largest_fall_is_forgotten_after_ten_years() -> None:
    closes = [100.0] * 20 + [50.0] + [80.0] * (2500 + 19)  # the fall to 50 is 2519 sessions old
    panel = make_panel(
        rules(len(closes), csi_all_close=closes, maintenance_ratio=[2.0] * len(closes)), first=date(2010, 1, 4)
    )
    # What the window of 2500 then still holds is the fall from 100 to 80 of the nineteen sessions after it; at last
    # that is gone too, and no fall is left.
    assert rows_of(panel.head(2500 + 20))["distance"]["number"] == pytest.approx(2.0 * 0.5)
    assert rows_of(panel.head(2500 + 21))["distance"]["number"] == pytest.approx(2.0 * 0.8)
    assert rows_of(panel)["distance"]["number"] == pytest.approx(2.0)


def test_the_broadest_index_stands_for_the_market() -> None:
    halved = [100.0] * 20 + [50.0] * (LONG - 20)
    both = rules(LONG, csi_all_close=[100.0] * LONG, sse_close=halved, maintenance_ratio=[2.0] * LONG)
    assert rows_of(make_panel(both, first=FIRST))["distance"]["number"] == pytest.approx(2.0)
    alone = {name: values for name, values in both.items() if name != "csi_all_close"}
    assert rows_of(make_panel(alone, first=FIRST))["distance"]["number"] == pytest.approx(1.0)


# drawdown: with cash as margin a full purchase opens at 1 + m, so it bears 1 − line / (1 + m).


@pytest.mark.parametrize(
    ("margin_at_high", "watch_at", "high_at", "verdict"),
    [(1.0, 0.25, 0.35, "low"), (0.8, 1 - 1.5 / 1.8, 1 - 1.3 / 1.8, "watch"), (0.5, 0.0, 1 - 1.3 / 1.5, "high")],
)
def test_drawdown_is_held_against_what_a_full_purchase_at_the_high_can_bear(
    margin_at_high: float, watch_at: float, high_at: float, verdict: str
) -> None:
    closes = still(100.0, 90.0, 80.0)
    margins = still(margin_at_high, 0.8, 0.8)  # the rule of today does not reach back to that purchase
    panel = make_panel(rules(LONG, csi_all_close=closes, financing_margin_ratio=margins), first=FIRST)
    row = rows_of(panel)["drawdown"]
    assert row["number"] == pytest.approx(0.20)
    assert row["watch_at"] == pytest.approx(watch_at)
    assert row["high_at"] == pytest.approx(high_at)
    assert row["verdict"] == verdict


def test_drawdown_looks_back_one_year() -> None:
    closes = [200.0] + [100.0] * 250
    panel = make_panel(rules(251, csi_all_close=closes), first=FIRST)
    assert rows_of(panel.head(250))["drawdown"]["number"] == pytest.approx(0.5)
    assert rows_of(panel)["drawdown"]["number"] == pytest.approx(0.0)


# Levels that the past sets: ten falls of 2 % and forty of 1 % among 300 sessions, the others without any change.


def test_a_number_as_bad_as_one_in_fifty_is_high_and_as_one_in_ten_is_watch() -> None:
    changes = [0.0] * LONG
    changes[10:50] = [-0.01] * 40
    changes[50:60] = [-0.02] * 10
    share = [0.10 - change for change in changes]  # buys over turnover: higher is worse

    def read(last: float) -> dict[str, Any]:
        buys = [*share, last]
        return rows_of(make_panel({"financing_buys": buys, "turnover": [1.0] * len(buys)}, first=FIRST))["buys-share"]

    # Of 300 earlier sessions the worst 30 reach 0.11, the worst 6 reach 0.12.
    assert [read(0.105)[level] for level in ("watch_at", "high_at")] == pytest.approx([0.11, 0.12])
    assert [read(last)["verdict"] for last in (0.105, 0.115, 0.125)] == ["low", "watch", "high"]


def test_todays_number_does_not_set_its_own_level() -> None:
    buys = still(0.10, 0.50)
    panel = make_panel({"financing_buys": buys, "turnover": [1.0] * LONG}, first=FIRST)
    row = rows_of(panel)["buys-share"]
    assert (row["watch_at"], row["high_at"], row["percentile"]) == (0.10, 0.10, 1.0)


def test_speed_and_outflow_compare_with_five_and_twenty_sessions_earlier() -> None:
    ratios = [*still(2.5, *[2.4] * 15), 2.4, 2.4, 2.4, 2.4, 2.1]
    debts = [*still(1000.0), 990.0, 980.0, 970.0, 960.0, 950.0]
    rows = rows_of(make_panel({"maintenance_ratio": ratios, "financing_balance": debts}, first=FIRST))
    assert rows["speed-5"]["number"] == pytest.approx(2.1 / 2.4 - 1)
    assert rows["speed-20"]["number"] == pytest.approx(2.1 / 2.5 - 1)
    assert rows["outflow"]["number"] == pytest.approx(-0.05)
    assert rows["outflow"]["verdict"] == "high"
    assert "−5.00%" in rows["outflow"]["evidence_en"]


@pytest.mark.parametrize(
    ("ratio_now", "cash_now", "verdict"), [(2.4, 110.0, "watch"), (2.4, 90.0, "low"), (2.6, 110.0, None)]
)
def test_cash_that_grows_while_the_ratio_falls_asks_for_attention(
    ratio_now: float, cash_now: float, verdict: str | None
) -> None:
    columns = {"maintenance_ratio": still(2.5, ratio_now), "collateral_cash": still(100.0, cash_now)}
    row = rows_of(make_panel(columns, first=FIRST))["cash-collateral"]
    assert row["verdict"] == verdict
    assert row["high_at"] is None


def test_the_residual_is_that_of_fit() -> None:
    panel = made_up_panel(LONG, seed=3, gaps=False)
    fitted = fit(panel).rows.row(-1, named=True)
    expected = fitted["maintenance_ratio"] / fitted["fitted"] - 1
    assert rows_of(panel)["residual"]["number"] == pytest.approx(expected)


# The overall rule.

STATE_KEYS = [criterion.key for criterion in STATE]
MOTION_KEYS = [criterion.key for criterion in MOTION]


def overall_of(state: Sequence[int], motion: Sequence[int]) -> int:
    """Return the overall verdict where the first criteria of each kind stand so and the rest are low."""
    places = dict.fromkeys([*STATE_KEYS, *MOTION_KEYS], LOW)
    places |= dict(zip(STATE_KEYS, state, strict=False)) | dict(zip(MOTION_KEYS, motion, strict=False))
    return int(overall_verdict({key: np.array([place], dtype=np.int8) for key, place in places.items()})[0])


@pytest.mark.parametrize(
    ("state", "motion", "expected"),
    [
        ([], [], LOW),
        ([WATCH], [], LOW),
        ([WATCH], [WATCH], WATCH),
        ([WATCH, WATCH], [], WATCH),
        ([HIGH], [], WATCH),
        ([HIGH, HIGH, HIGH], [WATCH, WATCH], WATCH),  # exposed, but not giving way
        ([WATCH, WATCH], [HIGH, HIGH], WATCH),  # giving way, but not exposed
        ([HIGH], [HIGH], HIGH),
        ([HIGH, NOT_JUDGED], [HIGH, NOT_JUDGED], HIGH),
        ([NOT_JUDGED] * len(STATE_KEYS), [HIGH], NOT_JUDGED),
        ([HIGH], [NOT_JUDGED] * len(MOTION_KEYS), NOT_JUDGED),
    ],
)
def test_overall_is_high_when_the_market_is_exposed_and_giving_way(
    state: list[int], motion: list[int], expected: int
) -> None:
    assert overall_of(state, motion) == expected


@given(st.lists(st.integers(-1, 1), min_size=len(CRITERIA), max_size=len(CRITERIA)), st.data())
def test_a_graver_criterion_never_lightens_the_overall_verdict(places: list[int], data: st.DataObject) -> None:
    cut = len(STATE_KEYS)
    before = overall_of(places[:cut], places[cut:])
    at = data.draw(st.sampled_from([n for n, place in enumerate(places) if place != NOT_JUDGED] or [0]))
    places[at] += 1
    assert overall_of(places[:cut], places[cut:]) >= before


# The reading as a whole.


def test_what_cannot_be_judged_says_what_is_lacking() -> None:
    panel = make_panel({"session_note": [None] * 3}, first=FIRST).drop("session_note")
    rows = rows_of(panel)
    assert [row["verdict"] for row in rows.values()] == [None] * (len(CRITERIA) + 1)
    assert "collateral_cash" in rows["cash-collateral"]["evidence_en"]
    assert "Not judged: data lacking" in rows["outflow"]["evidence_en"]
    assert "at least one criterion of state" in rows["overall"]["evidence_en"]


def test_a_short_history_sets_no_level() -> None:
    panel = make_panel({"financing_buys": [1.0] * 250, "turnover": [10.0] * 250}, first=FIRST)
    row = rows_of(panel)["buys-share"]
    assert (row["number"], row["verdict"]) == (0.1, None)
    assert "250 sessions of history" in row["evidence_en"]
    longer = make_panel({"financing_buys": [1.0] * 251, "turnover": [10.0] * 251}, first=FIRST)
    assert rows_of(longer)["buys-share"]["verdict"] == "high"  # as bad as ever: every session was


def test_a_day_without_its_figure_is_not_judged_by_an_older_one() -> None:
    buys: list[float | None] = [*still(0.1)[:-1], None]
    panel = make_panel({"financing_buys": buys, "turnover": [1.0] * LONG}, first=FIRST)
    row = rows_of(panel)["buys-share"]
    assert (row["number"], row["verdict"]) == (None, None)
    assert f"data lacking on {panel['session'][-1]}" in row["evidence_en"]
    assert f"last number: {panel['session'][-2]}" in row["evidence_en"]


def test_the_overall_row_comes_last_and_says_what_would_change_it() -> None:
    rows = pressure(made_up_panel(LONG, seed=1, gaps=False)).rows
    assert rows["criterion"].to_list() == [*STATE_KEYS, *MOTION_KEYS, "overall"]
    told = {
        "low": "It becomes watch when",
        "watch": "It becomes high when",
        "high": "It returns to watch once",
    }
    assert told[rows["verdict"][-1]] in rows["evidence_en"][-1]


def test_a_simulated_past_grades_a_level_that_rests_on_it() -> None:
    grades = ["simulated"] + ["official"] * (LONG - 1)
    rows = rows_of(make_panel({"financing_balance": still(1000.0, 900.0), "balance_grade": grades}, first=FIRST))
    assert rows["outflow"]["grade"] == "simulated"


@pytest.mark.parametrize("day", [date(2021, 1, 9), date(2020, 12, 31), date(2031, 1, 6)])
def test_a_day_that_is_no_session_of_the_lake_is_refused(day: date) -> None:
    with pytest.raises(UsageError, match=rf"{day} is no session between 2021-01-04"):
        pressure(make_panel({"maintenance_ratio": [2.5] * 20}, first=FIRST), session=day)


@given(seed=st.integers(0, 1000), cut=st.integers(260, 419))
@settings(max_examples=10, deadline=None)
def test_no_verdict_of_the_history_knows_a_later_session(seed: int, cut: int) -> None:
    panel = made_up_panel(420, seed=seed)
    assert_frame_equal(pressure_history(panel.head(cut)), pressure_history(panel).head(cut))


@given(seed=st.integers(0, 1000), place=st.integers(260, 419))
@settings(max_examples=10, deadline=None)
def test_one_days_reading_is_that_days_row_of_the_history(seed: int, place: int) -> None:
    panel = made_up_panel(420, seed=seed)
    session = panel["session"][place]
    reading = pressure(panel, session=session).rows
    history = pressure_history(panel).row(place, named=True)
    verdicts = dict(reading.select("criterion", "verdict").rows())
    assert verdicts == {key: history[key] for key in (*STATE_KEYS, *MOTION_KEYS)} | {"overall": history["verdict"]}
    assert reading["session"].unique().to_list() == [session]
    assert_frame_equal(reading, pressure(panel.head(place + 1)).rows)


@given(seed=st.integers(0, 1000), factor=st.sampled_from([0.25, 2.0, 1024.0]))
@settings(max_examples=10, deadline=None)
def test_the_unit_of_money_and_points_does_not_matter(seed: int, factor: float) -> None:
    panel = made_up_panel(LONG, seed=seed)
    scaled = panel.with_columns(
        pl.col("^csi.*_(open|high|low|close)$") * factor,
        pl.col("financing_balance", "short_balance", "margin_balance", "float_cap", "financing_buys", "turnover")
        * factor,
    )
    assert pressure_history(scaled).drop("residual").equals(pressure_history(panel).drop("residual"))


@pytest.fixture(scope="module")
def real(shared_data: Path) -> pl.DataFrame:
    """Return the real panel with the financing margin ratio as it was: 50, 100 and 80 %."""
    day = pl.col("session")
    margin = pl.when(day < date(2015, 11, 23)).then(0.5).when(day < date(2023, 9, 11)).then(1.0).otherwise(0.8)
    return real_panel(shared_data).with_columns(financing_margin_ratio=margin)


def test_the_low_of_february_2024_is_read_with_its_published_numbers(real: pl.DataFrame) -> None:
    rows = {row["criterion"]: row for row in pressure(real, session=date(2024, 2, 5)).rows.iter_rows(named=True)}
    told = rows["distance"]["evidence_en"]
    assert "222.00%" in told  # published in 2025-03
    assert "41.44%" in told  # 1 − 1.3 / 2.22
    assert rows["distance"]["verdict"] == "watch"
    assert rows["speed-5"]["verdict"] == rows["outflow"]["verdict"] == "high"
    assert rows["margin-share"]["verdict"] is None  # the float cap of these data ends in 2018
    assert rows["overall"]["verdict"] == "high"


def test_the_crash_of_2015_is_judged_though_the_ratio_is_blank(real: pl.DataFrame) -> None:
    rows = {row["criterion"]: row for row in pressure(real, session=date(2015, 7, 8)).rows.iter_rows(named=True)}
    assert rows["speed-5"]["verdict"] is None
    assert rows["drawdown"]["verdict"] == rows["outflow"]["verdict"] == rows["overall"]["verdict"] == "high"


def test_a_calm_day_is_read_as_low(real: pl.DataFrame) -> None:
    # The end of 2025: the ratio stands at 278 %, the index near its high of the year, debt hardly moves.
    rows = {row["criterion"]: row for row in pressure(real).rows.iter_rows(named=True)}
    assert rows["overall"]["verdict"] == "low"
    assert calendar().is_session(rows["overall"]["session"])
