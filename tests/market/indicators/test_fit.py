"""The ratio fitted on an index: what was known on each session, and how far the ratio stood off it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from rongheng.basics.errors import MissingDataError, UsageError
from rongheng.market.indicators.fit import LEAST_SESSIONS, fit
from tests.market.indicators.panels import made_up_panel, make_panel, real_panel, row_of


def straight(height: int, *, off: float = 0.0) -> pl.DataFrame:
    """Return a panel whose ratio is 1 + 0.2·ln(close) but for a sawtooth, and ``off`` more on its last session."""
    close = [1000.0 * (1 + 0.3 * np.sin(n / 9)) for n in range(height)]
    ratio = [1 + 0.2 * np.log(value) + (0.01 if n % 2 else -0.01) for n, value in enumerate(close)]
    ratio[-1] += off
    return make_panel({"csi_all_close": close, "maintenance_ratio": ratio})


def test_a_made_up_slope_is_found_again() -> None:
    row = fit(straight(200)).rows.row(-1, named=True)
    assert row["slope"] == pytest.approx(0.2, abs=0.02)
    assert row["intercept"] == pytest.approx(1.0, abs=0.1)
    assert row["fitted"] + row["residual"] == pytest.approx(row["maintenance_ratio"])
    assert row["durbin_watson"] > 3  # a sawtooth turns every day


def test_a_session_far_off_the_line_is_many_standard_deviations_off() -> None:
    # residuals of ±0.01 everywhere, one of -0.10: about ten of them, a little less for its own weight in the spread
    row = fit(straight(200, off=-0.10)).rows.row(-1, named=True)
    assert -10 < row["residual_sigma"] < -7


def test_no_line_is_drawn_before_a_quarter_of_sessions() -> None:
    assert fit(straight(LEAST_SESSIONS - 1)).rows.is_empty()
    assert "no line" in fit(straight(LEAST_SESSIONS - 1)).notes[0].en
    assert fit(straight(LEAST_SESSIONS + 3)).rows.height == 4


def test_a_window_forgets_what_lies_before_it() -> None:
    panel = straight(200)
    strange = panel.with_columns(
        pl.when(pl.int_range(pl.len()) < 120).then(9.0).otherwise("maintenance_ratio").alias("maintenance_ratio")
    )
    last = panel["session"].item(-1)
    assert row_of(fit(strange, window=80), last) == row_of(fit(panel, window=80), last)
    assert row_of(fit(strange), last)["slope"] != pytest.approx(row_of(fit(panel), last)["slope"])


def test_a_window_with_too_many_gaps_has_no_line() -> None:
    panel = straight(200).with_columns(pl.when(pl.int_range(pl.len()) % 2 == 0).then("maintenance_ratio"))
    # of any 100 sessions 50 have a ratio
    assert fit(panel, window=100).rows.is_empty()


def test_the_grade_is_the_worst_of_the_points_behind_the_line() -> None:
    grades = ["official"] * 10 + ["estimated"] + ["official"] * 139
    panel = straight(150).with_columns(pl.Series("account_grade", grades, dtype=pl.String))
    assert set(fit(panel).rows["grade"]) == {"estimated"}
    windowed = fit(panel, window=60).rows
    # rows begin with the sixtieth session; the eleventh leaves the window with the seventy-first
    assert windowed["grade"].to_list() == ["estimated"] * 11 + ["derived"] * 80


@pytest.mark.parametrize("window", [-1, 1, LEAST_SESSIONS - 1])
def test_a_window_too_short_is_refused(window: int) -> None:
    with pytest.raises(UsageError, match="window"):
        fit(straight(70), window=window)


def test_an_index_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(MissingDataError, match=r"csi500.*holds: csi-all"):
        fit(straight(70), index="中证500")


def test_two_trending_series_are_called_spurious() -> None:
    """Random walks that have nothing to do with each other but the direction in which we made them drift."""
    dice = np.random.default_rng(5)
    close = 1000 * np.exp(np.cumsum(dice.normal(0.01, 0.01, 300)))
    ratio = 2 + np.cumsum(dice.normal(0.01, 0.01, 300))
    reading = fit(make_panel({"csi_all_close": close.tolist(), "maintenance_ratio": ratio.tolist()}))
    assert reading.rows["r_squared"].item(-1) > 0.9
    assert any("spurious" in note.en for note in reading.notes)


def test_scaling_the_index_moves_the_intercept_alone() -> None:
    panel = made_up_panel(120, seed=4)
    plain, scaled = fit(panel).rows, fit(panel.with_columns(pl.col("csi_all_close") * 10)).rows
    for name in ("slope", "slope_error", "r_squared", "residual", "durbin_watson"):
        assert scaled[name].to_list() == pytest.approx(plain[name].to_list(), rel=1e-6, abs=1e-9)
    shift = (plain["intercept"] - scaled["intercept"]) / plain["slope"]
    assert shift.drop_nulls().to_list() == pytest.approx([np.log(10)] * len(shift.drop_nulls()))


def test_at_the_low_of_february_2024_the_ratio_stood_far_below_the_line(shared_data: Path) -> None:
    panel = real_panel(shared_data)
    row = row_of(fit(panel), date(2024, 2, 5))
    # numpy's own least squares on the same sessions
    known = panel.filter(pl.col("session") <= date(2024, 2, 5)).drop_nulls(["maintenance_ratio", "csi_all_close"])
    slope, intercept = np.polyfit(np.log(known["csi_all_close"].to_numpy()), known["maintenance_ratio"].to_numpy(), 1)
    assert row["slope"] == pytest.approx(slope)
    assert row["intercept"] == pytest.approx(intercept)
    assert row["residual_sigma"] < -2  # type: ignore[operator]
