"""Lows by relative prominence, on hand-made series, against the definition word by word, and on the published ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import UsageError
from rongheng.market.indicators.lows import find_lows, lows
from tests.market.indicators.panels import make_panel, real_panel

FIRST = date(2021, 1, 4)

# Ratios in whole percent, so that the definition can be followed in exact numbers.
whole_percents = st.lists(st.integers(min_value=180, max_value=260), max_size=60)


def session(position: int) -> date:
    return calendar().offset(FIRST, position)


def panel_of(ratios: Sequence[float | None], **closes: Sequence[float | None]) -> pl.DataFrame:
    """Return a panel with these ratios, and an index's closes for each further keyword (its prefix)."""
    columns = {f"{prefix}_close": values for prefix, values in closes.items()}
    return make_panel({"maintenance_ratio": ratios, **columns}, first=FIRST)


def low_positions(panel: pl.DataFrame) -> list[int]:
    return [calendar().count_between(FIRST, day) for day in find_lows(panel)["session"]]


def test_a_low_needs_a_tenth_of_its_level_on_both_sides() -> None:
    panel = panel_of([2.30, 2.00, 2.10, 2.19, 2.05, 2.30])
    rows = find_lows(panel).rows(named=True)
    # 2.00 is followed by 2.30; 2.05 is preceded, down to the lower 2.00, by 2.19 only, and 2.05 × 1.1 = 2.255.
    assert [row["session"] for row in rows] == [session(1)]
    assert rows[0]["ratio"] == 2.00
    assert rows[0]["prominence"] == pytest.approx(2.30 / 2.00 - 1)
    assert rows[0]["confirmed"] == session(5)
    assert rows[0]["peak_session"] == session(0)


def test_prominence_is_the_smaller_of_the_two_sides() -> None:
    panel = panel_of([2.80, 2.00, 2.50, 1.99])
    assert find_lows(panel)["prominence"].to_list() == pytest.approx([2.50 / 2.00 - 1])


def test_a_ratio_exactly_on_the_threshold_confirms() -> None:
    panel = panel_of([2.4948, 2.2680, 2.4948])  # 2.2680 × 1.1 = 2.4948
    assert find_lows(panel)["confirmed"].to_list() == [session(2)]


def test_a_low_is_not_returned_before_the_ratio_has_risen_from_it() -> None:
    assert find_lows(panel_of([2.40, 2.00, 2.19])).is_empty()
    assert find_lows(panel_of([2.40, 2.00, 2.19, 2.20])).height == 1


def test_a_low_that_is_undercut_before_its_rise_is_none() -> None:
    assert low_positions(panel_of([2.40, 2.00, 2.10, 1.99, 2.40])) == [3]


def test_a_series_that_begins_at_its_lowest_has_no_low_there() -> None:
    assert find_lows(panel_of([2.00, 2.40, 2.60])).is_empty()


def test_the_first_of_equal_values_is_the_low() -> None:
    assert low_positions(panel_of([2.40, 2.00, 2.00, 2.05, 2.00, 2.40])) == [1]


def test_equal_values_that_a_rise_parts_are_two_lows() -> None:
    assert low_positions(panel_of([2.40, 2.00, 2.30, 2.00, 2.40])) == [1, 3]


def test_the_peak_is_the_highest_since_the_previous_low() -> None:
    rows = find_lows(panel_of([2.90, 2.00, 2.60, 2.70, 2.70, 2.30, 2.60]))
    assert rows["peak_session"].to_list() == [session(0), session(4)]  # of the two 2.70, where the fall begins


def test_sessions_without_a_ratio_are_passed_over() -> None:
    assert low_positions(panel_of([2.40, None, 2.00, None, None, 2.30])) == [2]


def test_a_panel_without_ratios_has_no_lows() -> None:
    assert find_lows(panel_of([None, None])).is_empty()
    assert find_lows(panel_of([])).is_empty()


def test_prominence_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match=r"prominence is 0.*above 0"):
        find_lows(panel_of([2.0]), prominence=0.0)


def lows_by_definition(percents: Sequence[int]) -> list[tuple[int, Fraction, int]]:
    """Return position, prominence and confirmation of each low: the definition, followed day by day."""
    found = []
    for position, level in enumerate(percents):
        before = []
        for value in reversed(percents[:position]):
            if value <= level:
                break
            before.append(value)
        after = []
        for value in percents[position + 1 :]:
            if value < level:
                break
            after.append(value)
        high_enough = [n for n, value in enumerate(after) if value * 10 >= level * 11]
        if high_enough and any(value * 10 >= level * 11 for value in before):
            highest = Fraction(min(max(before), max(after)), level)
            found.append((position, highest - 1, position + 1 + high_enough[0]))
    return found


@given(whole_percents)
def test_one_pass_finds_what_the_definition_names(percents: list[int]) -> None:
    found = find_lows(panel_of([percent / 100 for percent in percents]))
    expected = lows_by_definition(percents)
    assert found["session"].to_list() == [session(position) for position, _, _ in expected]
    assert found["confirmed"].to_list() == [session(confirmed) for _, _, confirmed in expected]
    assert found["prominence"].to_list() == pytest.approx([float(prominence) for _, prominence, _ in expected])


@given(whole_percents, st.data())
def test_later_sessions_change_no_low_that_was_confirmed_before_them(percents: list[int], data: st.DataObject) -> None:
    panel = panel_of([percent / 100 for percent in percents])
    cut = data.draw(st.integers(0, len(percents)))
    known_then = find_lows(panel.head(cut))
    same_lows = find_lows(panel).filter(pl.col("confirmed") < session(cut))
    unchanging = ["session", "ratio", "confirmed", "peak_session"]
    assert known_then.select(unchanging).equals(same_lows.select(unchanging))
    assert (known_then["prominence"] <= same_lows["prominence"]).all()


@given(whole_percents, st.floats(min_value=1e-3, max_value=1e6))
def test_the_level_of_the_series_does_not_matter(percents: list[int], factor: float) -> None:
    plain = find_lows(panel_of([float(percent) for percent in percents]))
    scaled = find_lows(panel_of([percent * factor for percent in percents]))
    assert scaled.select("session", "confirmed", "peak_session").equals(
        plain.select("session", "confirmed", "peak_session")
    )


@given(st.lists(st.integers(180, 260), max_size=60, unique=True))
def test_a_series_read_backwards_has_its_lows_at_the_same_places(percents: list[int]) -> None:
    last = len(percents) - 1
    forwards = low_positions(panel_of([float(percent) for percent in percents]))
    backwards = low_positions(panel_of([float(percent) for percent in reversed(percents)]))
    assert backwards == [last - position for position in reversed(forwards)]


# The ratio falls from 2.4 to its low of 2.0 at session 3 and rises a tenth by session 6.
DIP = [2.40, 2.30, 2.10, 2.00, 2.05, 2.10, 2.30]


def test_a_negative_lag_means_that_the_index_was_first() -> None:
    panel = panel_of(DIP, sse=[110, 105, 90, 95, 100, 100, 110], csi300=[110, 105, 104, 103, 100, 99, 110])
    rows = lows(panel, window=3, horizon=5).rows
    assert rows.select("index", "index_low", "lag_sessions").rows() == [("sse", 90.0, -1), ("csi300", 99.0, 2)]
    assert rows["index_low_session"].to_list() == [session(2), session(5)]


def test_of_equal_closes_the_nearest_is_the_index_low() -> None:
    panel = panel_of(DIP, sse=[90, 105, 100, 95, 90, 100, 110])
    assert lows(panel, window=3, horizon=5).rows["lag_sessions"].to_list() == [1]


def test_closes_outside_the_window_are_not_the_nearest_low() -> None:
    panel = panel_of(DIP, sse=[50, 105, 100, 95, 100, 100, 50])
    assert lows(panel, window=2, horizon=3).rows["index_low"].to_list() == [95.0]


@pytest.mark.parametrize(("later", "kind"), [(99.9, "lower"), (100.0, "double"), (101.0, "double"), (101.1, None)])
def test_a_later_bottom_is_lower_or_within_a_hundredth_above(later: float, kind: str | None) -> None:
    panel = panel_of([*DIP, 2.3, 2.3, 2.3], sse=[120, 115, 110, 100, 105, 110, 120, later, 120, 130])
    row = lows(panel, window=2, horizon=5).rows.row(0, named=True)
    assert row["later_kind"] == kind
    assert row["later_low"] == (later if kind else None)
    assert row["later_lag_sessions"] == (4 if kind else None)  # session 7 against session 3


def test_a_bottom_beyond_the_horizon_is_not_the_later_one() -> None:
    panel = panel_of([*DIP, 2.3, 2.3, 2.3], sse=[120, 115, 110, 100, 105, 110, 120, 130, 130, 50])
    assert lows(panel, window=2, horizon=5).rows["later_kind"].to_list() == [None]


def test_an_open_horizon_is_said_aloud() -> None:
    closed = panel_of([*DIP, 2.3, 2.3], sse=[100.0] * 9)
    assert len(lows(closed, window=2, horizon=5).notes) == 1
    notes = lows(closed.head(8), window=2, horizon=5).notes
    assert str(session(3)) in notes[1].en


def test_a_low_beside_a_gap_says_how_many_sessions_are_blank() -> None:
    panel = panel_of([None, *DIP, None, None], sse=[100.0] * 10)
    assert lows(panel, window=10, horizon=12).rows["blank_sessions"].to_list() == [3]
    assert lows(panel, window=4, horizon=12).rows["blank_sessions"].to_list() == [2]  # sessions 0 to 8
    assert lows(panel, window=3, horizon=12).rows["blank_sessions"].to_list() == [0]


def test_a_low_without_any_index_still_has_a_row() -> None:
    row = lows(panel_of(DIP)).rows.row(0, named=True)
    assert row["session"] == session(3)
    assert row["index"] is None
    assert row["index_low"] is None


def test_an_index_without_closes_around_the_low_has_nulls() -> None:
    panel = panel_of(DIP, sse=[100.0, None, None, None, None, None, None])
    row = lows(panel, window=1, horizon=3).rows.row(0, named=True)
    assert (row["index"], row["index_low"], row["lag_sessions"]) == ("sse", None, None)


def test_a_simulated_session_in_the_span_grades_the_row() -> None:
    panel = panel_of(DIP, sse=[100.0] * 7)
    grades = pl.Series("sse_grade", ["official"] * 6 + ["simulated"])
    assert lows(panel.with_columns(grades)).rows["grade"].to_list() == ["simulated"]
    assert lows(panel.with_columns(grades), window=1, horizon=2).rows["grade"].to_list() == ["official"]


@pytest.mark.parametrize(("option", "value"), [("window", -1), ("horizon", 10), ("double", -0.1)])
def test_options_that_make_no_sense_are_refused(option: str, value: float) -> None:
    with pytest.raises(UsageError, match=option):
        lows(panel_of(DIP), **{option: value})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def real(shared_data: Path) -> pl.DataFrame:
    return real_panel(shared_data)


@pytest.fixture(scope="module")
def real_rows(real: pl.DataFrame) -> dict[tuple[date, str], dict[str, Any]]:
    return {(row["session"], row["index"]): row for row in lows(real).rows.iter_rows(named=True)}


# A published report of 2024-02 on the SSE Composite, and one of 2025-03 on four indices' lags.
@pytest.mark.parametrize(
    ("low", "ratio", "index_session", "close"),
    [
        (date(2013, 6, 24), 2.0881, date(2013, 6, 27), 1950.01),
        (date(2016, 1, 28), 2.255, date(2016, 1, 28), 2655.66),
        (date(2018, 10, 18), 2.156, date(2018, 10, 18), 2486.42),
        (date(2022, 4, 26), 2.351, date(2022, 4, 26), 2886.43),
    ],
)
def test_the_published_lows_of_the_composite_come_out(
    real_rows: dict[tuple[date, str], dict[str, Any]], low: date, ratio: float, index_session: date, close: float
) -> None:
    row = real_rows[low, "sse"]
    assert row["ratio"] == pytest.approx(ratio, abs=5e-5)
    assert row["index_low_session"] == index_session
    assert row["index_low"] == pytest.approx(close, abs=0.005)


@pytest.mark.parametrize(
    ("low", "later", "close", "lag", "kind"),
    [
        (date(2018, 10, 18), date(2019, 1, 3), 2464.36, 53, "lower"),
        (date(2022, 4, 26), date(2022, 10, 31), 2893.48, 124, "double"),
    ],
)
def test_the_published_later_bottoms_come_out(
    real_rows: dict[tuple[date, str], dict[str, Any]], low: date, later: date, close: float, lag: int, kind: str
) -> None:
    row = real_rows[low, "sse"]
    assert row["later_low_session"] == later
    assert row["later_low"] == pytest.approx(close, abs=0.005)
    assert (row["later_lag_sessions"], row["later_kind"]) == (lag, kind)


@pytest.mark.parametrize(
    ("low", "lags"),
    [
        (date(2016, 1, 28), {"csi300": 0, "csi500": 0, "csi1000": 0}),
        (date(2018, 10, 18), {"csi300": 0, "csi500": 0, "csi1000": 0}),
        (date(2022, 4, 26), {"csi300": 0, "csi500": 0, "csi1000": 0}),
        (date(2024, 2, 5), {"csi300": -1, "csi500": 0, "csi1000": 0}),
        (date(2024, 9, 18), {"csi300": -1, "csi500": -1, "csi1000": 0}),
    ],
)
def test_the_published_lags_come_out(
    real_rows: dict[tuple[date, str], dict[str, Any]], low: date, lags: dict[str, int]
) -> None:
    assert {index: real_rows[low, index]["lag_sessions"] for index in lags} == lags


def test_the_low_of_january_2025_is_not_the_printed_one(real: pl.DataFrame) -> None:
    found = find_lows(real)
    ratios = dict(zip(real["session"], real["maintenance_ratio"], strict=True))
    printed, ours = date(2025, 1, 10), date(2025, 1, 6)
    assert ratios[printed] == pytest.approx(2.4895, abs=5e-5)  # as printed
    assert ratios[ours] < ratios[printed]
    assert ours in found["session"].to_list()
    assert printed not in found["session"].to_list()


def test_the_gap_of_2015_marks_the_low_beside_it(real_rows: dict[tuple[date, str], dict[str, Any]]) -> None:
    marked = {low for (low, _), row in real_rows.items() if row["blank_sessions"]}
    beside_the_gap = {day for day in marked if date(2015, 4, 1) < day < date(2015, 8, 18)}
    assert len(beside_the_gap) == 1
    assert marked - beside_the_gap == set()
