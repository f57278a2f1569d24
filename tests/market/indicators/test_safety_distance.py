"""The fall to each line, beside the largest falls of the indices: hand sums and published figures."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import UsageError
from rongheng.market.indicators.safety_distance import safety_distance
from tests.market.indicators.panels import RULES, make_panel, real_panel


def row_at(ratio: float, **options: Any) -> dict[str, Any]:
    columns = {"maintenance_ratio": [ratio], **{name: [value] for name, value in RULES.items()}}
    return safety_distance(make_panel(columns), **options).rows.row(0, named=True)


def test_a_leverage_of_1_5_gives_56_7_percent_to_130_percent() -> None:
    """Published: Guosen Securities, 2025-01: (1 + 0.5 - 0.5 × 1.30) / (1 + 0.5)."""
    row = row_at(2.5, leverage=1.5)
    assert row["assumed_fall_to_liquidation"] == pytest.approx((1 + 0.5 - 0.5 * 1.30) / (1 + 0.5))
    assert round(row["assumed_fall_to_liquidation"], 3) == 0.567


def test_the_published_average_of_then_was_nearer_to_the_line_than_that() -> None:
    """Published: Huachuang Securities, 2025-03: from 255 % to 130 % prices halve, 49 %."""
    assert round(row_at(2.55)["fall_to_liquidation"], 2) == 0.49


def test_the_fall_to_each_line_without_cash() -> None:
    row = row_at(2.50)  # debt 100, securities 250: they may fall to 150, 140, 130
    assert row["fall_to_warning"] == pytest.approx(100 / 250)
    assert row["fall_to_call"] == pytest.approx(110 / 250)
    assert row["fall_to_liquidation"] == pytest.approx(120 / 250)
    assert row["assumed_fall_to_liquidation"] is None


def test_cash_does_not_fall_so_securities_may_fall_further() -> None:
    # debt 100, assets 250 of which a fifth is cash: securities 200 may fall by 250 - 130 = 120
    row = row_at(2.50, cash_share=0.2)
    assert row["assumed_fall_to_liquidation"] == pytest.approx(120 / 200)
    assert row["fall_to_liquidation"] == pytest.approx(120 / 250)


def test_an_average_under_the_line_has_fallen_too_far_already() -> None:
    assert row_at(1.25)["fall_to_liquidation"] == pytest.approx(-0.04)  # 125 would have to rise to 130


@given(st.floats(1.05, 5.0), st.floats(0.0, 0.9))
@settings(deadline=None)
def test_after_that_fall_the_account_stands_on_the_line(ratio: float, cash_share: float) -> None:
    row = row_at(ratio, leverage=ratio / (ratio - 1), cash_share=cash_share)
    fallen = ratio * cash_share + ratio * (1 - cash_share) * (1 - row["assumed_fall_to_call"])
    assert fallen == pytest.approx(1.40)


@pytest.mark.parametrize("option", [{"leverage": 1.0}, {"cash_share": 1.0}, {"cash_share": -0.1}, {"window": 0}])
def test_an_impossible_option_is_refused(option: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(option))):
        row_at(2.5, **option)


def test_each_index_stands_in_a_row_of_its_own_with_its_largest_fall() -> None:
    columns: dict[str, list[object]] = {"maintenance_ratio": [2.6, 2.6, 2.6], "liquidation_line": [1.3] * 3}
    bars: list[tuple[str, list[object], list[object]]] = [
        ("csi_all", [10, 12, 11], [9, 11, 9]),
        ("csi300", [5, 5, 5], [5, 5, 5]),
    ]
    for prefix, high, low in bars:
        columns |= {f"{prefix}_high": high, f"{prefix}_low": low, f"{prefix}_close": low}
    reading = safety_distance(make_panel(columns), window=3)
    last = reading.rows.tail(2)
    assert last["index"].to_list() == ["csi-all", "csi300"]
    assert last["largest_fall"].to_list() == [0.25, 0.0]  # 12 to 9; never
    assert last["distance_to_fall"].to_list() == [pytest.approx(2.0), None]  # 50 % over 25 %
    assert last["stage_high_session"].to_list() == [date(2024, 1, 3), None]


def test_a_window_of_one_session_holds_no_fall() -> None:
    columns = {"maintenance_ratio": [2.6], "csi_all_high": [12.0], "csi_all_low": [9.0], "csi_all_close": [10.0]}
    assert safety_distance(make_panel(columns), window=1).rows["largest_fall"].to_list() == [0.0]


def test_without_indices_the_distances_stand_alone_and_it_is_said() -> None:
    columns = {"maintenance_ratio": [2.6], "liquidation_line": [1.3]}
    reading = safety_distance(make_panel(columns))
    assert reading.rows["index"].to_list() == [None]
    assert reading.rows["fall_to_liquidation"].to_list() == [0.5]
    assert any("no index bars" in note.en for note in reading.notes)


# Published: Guosen Securities, 2025-01, table 1: stage high and stage low after the first rush of October 2024.
@pytest.mark.parametrize(
    ("index", "high", "low", "fall"),
    [
        ("csi300", 4200.91, 3743.07, 0.109),
        ("csi500", 6382.98, 5384.44, 0.156),  # the bars have 5384.33: a tenth of a point below the printed low
        ("csi1000", 6616.16, 5561.90, 0.159),
    ],
)
def test_the_largest_falls_of_the_end_of_2024_are_those_published(
    shared_data: Path, index: str, high: float, low: float, fall: float
) -> None:
    last = date(2025, 1, 6)
    panel = real_panel(shared_data).filter(pl.col("session") <= last)
    window = calendar().count_between(date(2024, 10, 15), last) + 1
    rows = safety_distance(panel, window=window).rows
    row = rows.row(by_predicate=(pl.col("session") == last) & (pl.col("index") == index), named=True)
    assert row["stage_high"] == pytest.approx(high, abs=0.01)
    assert row["stage_low"] == pytest.approx(low, abs=0.12)
    assert round(row["largest_fall"], 3) == fall
    # the market's average stood at 248.85 %: 1 - 1.30 / 2.4885 = 47.8 %, not 56.7 %
    assert row["fall_to_liquidation"] == pytest.approx(0.478, abs=5e-4)
