"""The forms of figures: what thinning keeps, axes that hold their values, labels that do not meet."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongheng.report.drawing import Plot, band, nice, over_time, spread, stack, thin
from rongheng.report.theme import BLUE

FIRST = date(2012, 1, 2)
VALUES = st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=1, max_size=400)


@given(VALUES, st.integers(2, 40))
def test_a_thinned_line_keeps_its_ends_its_extremes_and_its_order(values: list[float | None], columns: int) -> None:
    points = [(FIRST + timedelta(place), value) for place, value in enumerate(values)]
    kept = thin(points, columns=columns)
    before = [value for value in values if value is not None]
    after = [value for _, value in kept if value is not None]
    assert set(kept) <= set(points)
    assert [day for day, _ in kept] == sorted({day for day, _ in kept})
    if before:
        assert (after[0], after[-1]) == (before[0], before[-1])
        assert (min(after), max(after)) == (min(before), max(before))


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 30))
def test_a_thinned_line_breaks_where_figures_are_missing(left: int, gap: int, right: int) -> None:
    values: list[float | None] = [1.0] * (20 * left) + [None] * gap + [2.0] * (20 * right)
    kept = thin([(FIRST + timedelta(place), value) for place, value in enumerate(values)], columns=2)
    missing = [place for place, (_, value) in enumerate(kept) if value is None]
    assert missing
    assert all(value == 1.0 for _, value in kept[: missing[0]])
    assert all(value == 2.0 for _, value in kept[missing[-1] + 1 :])


def test_a_short_line_is_not_thinned() -> None:
    points = [(FIRST + timedelta(place), float(place)) for place in range(8)]
    assert thin(points, columns=2) == points


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_an_axis_holds_its_values_and_its_ticks_are_round(one: float, other: float) -> None:
    low, high, ticks = nice(min(one, other), max(one, other))
    assert low <= min(one, other)
    assert high >= max(one, other)
    assert all(low - 1e-6 <= tick <= high + 1e-6 for tick in ticks)
    assert ticks == sorted(ticks)


@given(st.lists(st.floats(0, 200), min_size=1, max_size=9))
def test_labels_are_moved_apart_and_keep_their_order(places: list[float]) -> None:
    moved = spread(sorted(places), apart=12)
    assert len(moved) == len(places)
    assert all(after - before >= 12 - 1e-6 for before, after in pairwise(moved))


def test_labels_that_do_not_meet_stay_where_they_are() -> None:
    assert spread([10, 40, 90], apart=12) == [10, 40, 90]


def test_bands_share_the_plot_without_touching() -> None:
    upper, lower = stack(2, 1, gap=20)
    assert upper.top == 0
    assert lower.bottom == 190
    assert lower.top - upper.bottom == pytest.approx(20)


def test_a_band_stands_where_its_values_say() -> None:
    where = band([0.0, 100.0], zero=True)
    assert where.pixel(where.low) == where.strip.bottom
    assert where.pixel(where.high) == where.strip.top


def test_each_band_keeps_an_axis_of_its_own() -> None:
    upper, lower = stack(1, 1)
    plot = Plot(over_time(FIRST, FIRST + timedelta(9)))
    plot.line(band([1, 2], strip=upper), [(FIRST, 1.0), (FIRST + timedelta(9), 2.0)], BLUE)
    plot.line(band([1, 900], strip=lower), [(FIRST, 1.0), (FIRST + timedelta(9), 900.0)], BLUE)
    scales = [layer["layer"][0]["encoding"]["y"]["scale"] for layer in plot.spec()["layer"]]
    assert [scale["range"] for scale in scales] == [[upper.bottom, upper.top], [lower.bottom, lower.top]]
    assert plot.spec()["resolve"] == {"scale": {"y": "independent"}}
