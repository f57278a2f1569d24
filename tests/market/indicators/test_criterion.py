"""Levels that a series' own past sets, against the definition word by word."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongheng.market.indicators.criterion import reached_by_one_in
from rongheng.market.indicators.residual_so_far import fitted_so_far

series = st.lists(st.one_of(st.integers(-9, 9).map(float), st.just(float("nan"))), max_size=40)


@given(series, st.integers(1, 8), st.integers(1, 10))
def test_no_more_than_one_in_so_many_earlier_figures_reached_the_level(
    values: list[float], one_in: int, enough: int
) -> None:
    levels = reached_by_one_in(np.array(values), one_in, worse="high", enough=enough)
    for position, level in enumerate(levels.tolist()):
        earlier = sorted(value for value in values[:position] if value == value)
        if len(earlier) < max(enough, one_in):
            assert np.isnan(level)
        else:
            assert level == earlier[len(earlier) - len(earlier) // one_in]
            assert sum(value > level for value in earlier) < len(earlier) // one_in


@given(series, st.integers(1, 8))
def test_the_lowest_are_the_worst_of_the_series_turned_over(values: list[float], one_in: int) -> None:
    low = reached_by_one_in(np.array(values), one_in, worse="low", enough=1)
    turned = -reached_by_one_in(-np.array(values), one_in, worse="high", enough=1)
    assert np.array_equal(low, turned, equal_nan=True)


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=3, max_size=30))
def test_the_line_so_far_is_the_least_squares_line(points: list[tuple[int, int]]) -> None:
    x, y = (np.array(values, dtype=np.float64) for values in zip(*points, strict=True))
    fitted = fitted_so_far(x, y, least=2)
    for last in range(1, len(x)):
        if len(set(x[: last + 1].tolist())) > 1:
            slope, intercept = np.polynomial.polynomial.polyfit(x[: last + 1], y[: last + 1], 1)[::-1]
            assert fitted[last] == pytest.approx(intercept + slope * x[last], abs=1e-6)
        else:
            assert np.isnan(fitted[last])


def test_a_pair_that_lacks_a_figure_is_passed_over() -> None:
    whole = fitted_so_far(np.array([1.0, 2.0, 4.0]), np.array([3.0, 5.0, 9.0]), least=2)
    gappy = fitted_so_far(np.array([1.0, np.nan, 2.0, 3.0, 4.0]), np.array([3.0, 4.0, 5.0, np.nan, 9.0]), least=2)
    assert whole.tolist()[1:] == pytest.approx([5.0, 9.0])  # y = 2x + 1
    assert gappy[[2, 4]].tolist() == pytest.approx([5.0, 9.0])
    assert np.isnan(gappy[[0, 1, 3]]).all()
