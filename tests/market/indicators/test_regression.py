"""The line and its robust error, beside a twin that writes every double sum out."""

from __future__ import annotations

from math import isnan, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongheng.market.indicators.regression import NO_LINE, fit_line, lags


def slow_error(x: list[float], y: list[float]) -> float:
    """Newey-West by the sandwich of two-by-two matrices, lag by lag."""
    n, reach = len(x), lags(len(x))
    design = [(1.0, value) for value in x]
    bread = np.linalg.inv(np.array([[sum(r[i] * r[j] for r in design) for j in (0, 1)] for i in (0, 1)]))
    weights = bread @ np.array([sum(r[i] * value for r, value in zip(design, y, strict=True)) for i in (0, 1)])
    e = [value - weights[0] - weights[1] * r[1] for r, value in zip(design, y, strict=True)]
    meat = np.zeros((2, 2))
    for t in range(n):
        for s in range(max(0, t - reach), min(n, t + reach + 1)):
            weight = 1 - abs(t - s) / (reach + 1)
            meat += weight * e[t] * e[s] * np.outer(design[t], design[s])
    return sqrt((bread @ meat @ bread)[1, 1] * n / (n - 2))


@given(st.integers(0, 10_000), st.integers(5, 130))
@settings(deadline=None, max_examples=30)
def test_the_robust_error_is_the_sandwich_with_bartlett_weights(seed: int, count: int) -> None:
    dice = np.random.default_rng(seed)
    x, y = np.cumsum(dice.normal(size=count)), np.cumsum(dice.normal(size=count))
    assert fit_line(x, y).slope_error == pytest.approx(slow_error(x.tolist(), y.tolist()), rel=1e-6)


def test_a_line_by_hand() -> None:
    # x 1 2 3 4, y 2 4 4 6: means 2.5 and 4, Σxy' = 6, Σx'x' = 5; fitted 2.2 3.4 4.6 5.8, left -0.2 0.6 -0.6 0.2
    line = fit_line(np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.0, 4.0, 4.0, 6.0]))
    assert line.slope == pytest.approx(6 / 5)
    assert line.intercept == pytest.approx(4 - 1.2 * 2.5)
    assert line.r_squared == pytest.approx(1 - 0.8 / 8)
    assert line.residual == pytest.approx(0.2)
    assert line.residual_sigma == pytest.approx(0.2 / sqrt(0.8 / 2))
    assert line.durbin_watson == pytest.approx((0.8**2 + 1.2**2 + 0.8**2) / 0.8)


@given(st.integers(0, 10_000), st.sampled_from([0.01, 0.5, 3.0]), st.sampled_from([-7.0, 0.0, 2.5]))
@settings(deadline=None)
def test_shifting_and_stretching_y_shifts_and_stretches_the_line(seed: int, factor: float, shift: float) -> None:
    dice = np.random.default_rng(seed)
    x, y = dice.normal(size=50), dice.normal(size=50)
    plain, moved = fit_line(x, y), fit_line(x, factor * y + shift)
    assert moved.slope == pytest.approx(plain.slope * factor)
    assert moved.slope_error == pytest.approx(plain.slope_error * factor)
    for name in ("slope_t", "r_squared", "residual_sigma", "durbin_watson"):
        assert getattr(moved, name) == pytest.approx(getattr(plain, name))


def test_points_on_a_line_leave_nothing_over() -> None:
    line = fit_line(np.array([0.1, 0.2, 0.3, 0.4]), np.array([1.1, 1.2, 1.3, 1.4]))
    assert line.slope == pytest.approx(1)
    assert line.slope_error == 0
    assert isnan(line.residual_sigma)
    assert isnan(line.slope_t)


def test_three_points_are_enough_for_a_line() -> None:
    # means 1 and 4/3, Σxy' = 1, Σx'x' = 2
    assert fit_line(np.array([0.0, 1.0, 2.0]), np.array([1.0, 1.0, 2.0])).slope == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("x", "y"),
    [([], []), ([1.0, 2.0], [1.0, 2.0]), ([0.1] * 7, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])],
)
def test_two_points_or_equal_points_make_no_line(x: list[float], y: list[float]) -> None:
    assert fit_line(np.array(x), np.array(y)) is NO_LINE


def test_memory_widens_the_error() -> None:
    """Residuals that repeat themselves carry less than their number says: plain errors are too small, ours less so."""
    dice = np.random.default_rng(1)
    x = np.repeat(dice.normal(size=50), 8)
    y = np.repeat(dice.normal(size=50), 8)
    line = fit_line(x, y)
    u = x - x.mean()
    residuals = y - line.intercept - line.slope * x
    plain = sqrt(float(residuals @ residuals) / (len(x) - 2) / float(u @ u))
    assert line.slope_error > 1.5 * plain
