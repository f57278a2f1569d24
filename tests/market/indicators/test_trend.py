"""Percentile, "highest since", peaks and troughs: by hand, and beside slow twins that say the rule word by word."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongheng.basics.errors import UsageError
from rongheng.market.indicators.trend import NONE, last_as_high, percentile_so_far, turning_points

# Few distinct values, so that ties are common; nan is a missing figure.
SERIES = st.lists(st.sampled_from([float("nan"), 90.0, 95.0, 99.0, 100.0, 101.0, 105.0, 110.0, 121.0]), max_size=40)


@given(SERIES, st.integers(0, 10))
@settings(deadline=None)
def test_a_percentile_counts_the_figures_of_its_window_that_are_not_above(series: list[float], window: int) -> None:
    values = np.array(series)
    oldest = np.maximum(np.arange(len(series)) - window, 0)
    got = percentile_so_far(values, oldest=oldest)
    for position, value in enumerate(series):
        seen = [other for other in series[int(oldest[position]) : position + 1] if other == other]
        want = sum(other <= value for other in seen) / len(seen) if value == value else float("nan")
        assert got[position] == pytest.approx(want, nan_ok=True)


@given(SERIES)
@settings(deadline=None)
def test_the_last_figure_as_high_is_found_and_all_between_are_lower(series: list[float]) -> None:
    positions, beaten = last_as_high(np.array(series))
    for position, value in enumerate(series):
        earlier = [index for index in range(position) if series[index] >= value]
        assert positions[position] == (max(earlier) if earlier else NONE)
        between = series[positions[position] + 1 : position]
        passed = sum(other < value for other in between) if value == value else NONE
        assert beaten[position] == passed


def test_a_peak_is_the_highest_of_the_rise_and_a_trough_the_lowest_of_the_fall() -> None:
    # up to 120, a tenth down to 108 confirms it, on down to 100, a tenth up to 110 confirms that, up to 130
    points = turning_points(np.array([100.0, 120.0, 115.0, 108.0, 100.0, 104.0, 110.0, 130.0]), reversal=0.10)
    assert points.peak.tolist() == [0, 1, 1, 1, 1, 1, 6, 7]
    assert points.trough.tolist() == [0, 0, 0, 3, 4, 4, 4, 4]
    assert points.confirmed_peak.tolist() == [NONE, NONE, NONE, 1, 1, 1, 1, 1]
    assert points.confirmed_trough.tolist() == [NONE, 0, 0, 0, 0, 0, 4, 4]


def test_a_missing_figure_neither_makes_nor_moves_a_turning_point() -> None:
    nan = float("nan")
    points = turning_points(np.array([100.0, nan, 120.0, nan, 108.0]), reversal=0.10)
    assert points.peak.tolist() == [0, NONE, 2, NONE, 2]
    assert points.confirmed_peak.tolist() == [NONE, NONE, NONE, NONE, 2]


@given(SERIES)
@settings(deadline=None)
def test_between_two_turning_points_stands_nothing_beyond_them(series: list[float]) -> None:
    values = np.array(series)
    points = turning_points(values, reversal=0.05)
    for position in range(len(series)):
        peak, trough = int(points.peak[position]), int(points.trough[position])
        if peak == NONE:
            continue
        first, last = sorted((peak, trough))
        assert np.nanmax(values[first : last + 1]) == values[peak]
        assert np.nanmin(values[first : last + 1]) == values[trough]
        # nothing since the later of the two goes beyond either
        assert np.nanmax(values[last : position + 1]) <= values[peak]
        assert np.nanmin(values[last : position + 1]) >= values[trough]


@given(SERIES, st.integers(0, 40))
@settings(deadline=None)
def test_turning_points_of_a_day_do_not_depend_on_later_days(series: list[float], cut: int) -> None:
    whole, part = (turning_points(np.array(part), reversal=0.05) for part in (series, series[:cut]))
    for name in ("peak", "trough", "confirmed_peak", "confirmed_trough"):
        assert getattr(whole, name)[:cut].tolist() == getattr(part, name).tolist()


@pytest.mark.parametrize("reversal", [0.0, -0.1, 1.0, float("nan")])
def test_a_reversal_outside_zero_and_one_is_refused(reversal: float) -> None:
    with pytest.raises(UsageError, match="between 0 and 1"):
        turning_points(np.array([1.0]), reversal=reversal)
