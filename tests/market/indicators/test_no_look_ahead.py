"""Truth at the time: what a row says must not change when later sessions come.

Every indicator is read from a whole panel and from the same panel cut short; the rows that rest on nothing after the
cut must be the same. Rows that say of themselves that they are unfinished (``to_date``, ``so_far``) are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from rongheng.basics.calendar import calendar
from rongheng.market.indicators.balance import balance
from rongheng.market.indicators.collateral import collateral
from rongheng.market.indicators.collateral_gap import collateral_gap
from rongheng.market.indicators.contract import Reading
from rongheng.market.indicators.fit import fit
from rongheng.market.indicators.leverage import leverage
from rongheng.market.indicators.participation import participation
from rongheng.market.indicators.safety_distance import safety_distance
from rongheng.market.indicators.share import share
from tests.market.indicators.panels import known_by, made_up_panel

READINGS: list[tuple[Callable[..., Reading], dict[str, Any]]] = [
    (balance, {}),
    (balance, {"every": "week"}),
    (balance, {"every": "month"}),
    (balance, {"every": "quarter"}),
    (share, {"window": 20}),
    (share, {"window": 20, "every": "month"}),
    (share, {"window": 20, "years": 1}),
    (leverage, {}),
    (safety_distance, {"window": 20}),
    (fit, {}),
    (participation, {}),
    (collateral, {}),
    (collateral_gap, {}),
    (fit, {"window": 80}),
]


def finished(rows: pl.DataFrame) -> pl.DataFrame:
    if "state" not in rows.columns:
        return rows
    return rows.filter(~pl.col("state").is_in(["to_date", "so_far"]))


@pytest.mark.parametrize(("read", "options"), READINGS, ids=lambda value: getattr(value, "__name__", str(value)))
@given(seed=st.integers(0, 1000), cut=st.integers(100, 259))
@settings(max_examples=8, deadline=None)
def test_a_row_does_not_change_when_later_sessions_come(
    read: Callable[..., Reading], options: dict[str, Any], seed: int, cut: int
) -> None:
    assert_unchanged_when_cut(read, options, made_up_panel(260, seed=seed), cut)


def assert_unchanged_when_cut(
    read: Callable[..., Reading], options: dict[str, Any], panel: pl.DataFrame, cut: int
) -> None:
    session = panel["session"].item(cut - 1)
    whole = finished(known_by(read(panel, **options).rows, session))
    part = finished(read(panel.head(cut), **options).rows)
    assert_frame_equal(part, whole, rel_tol=1e-9, abs_tol=1e-9)


def test_a_reading_that_peeks_is_caught() -> None:
    """Planted: the leverage against its mean over the whole panel, later sessions included."""

    def peeking(panel: pl.DataFrame) -> Reading:
        reading = leverage(panel)
        return replace(reading, rows=reading.rows.with_columns(pl.col("leverage") - pl.col("leverage").mean()))

    with pytest.raises(AssertionError, match="leverage"):
        assert_unchanged_when_cut(peeking, {}, made_up_panel(260, seed=1), 200)


@pytest.mark.parametrize(
    ("read", "options"),
    [(read, options) for read, options in READINGS if "every" not in options],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
@given(seed=st.integers(0, 1000))
@settings(max_examples=4, deadline=None)
def test_a_session_without_any_figure_changes_no_earlier_row(
    read: Callable[..., Reading], options: dict[str, Any], seed: int
) -> None:
    panel = made_up_panel(150, seed=seed)
    last = panel["session"].item(-1)
    blank = panel.tail(1).select(pl.lit(calendar().offset(last, 1)).alias("session"))
    longer = pl.concat([panel, blank], how="diagonal")
    assert_frame_equal(known_by(read(longer, **options).rows, last), read(panel, **options).rows)
