"""Net financing by index: computed where the lake has single securities and lists of members, else missing data."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from rongheng.basics.calendar import calendar
from rongheng.market.indicators.contract import FINANCING
from rongheng.market.reproduction import FINANCING_TO, reproduce


def financing(daily: float, *, grade: str = "official") -> pl.DataFrame:
    """Return an index whose members are financed with that much each session from 2024-09-02 on."""
    sessions = calendar().between(date(2024, 9, 2), FINANCING_TO)
    rows = [
        dict.fromkeys(FINANCING)
        | {"session": day, "group_kind": "index", "group": "csi300", "state": "", "grade": grade}
        | {"financing_balance": 5e11, "net_financing": daily, "securities": 300, "lacking": 0}
        for day in sessions
    ]
    return pl.DataFrame(rows, schema=FINANCING)


def printed(rows: pl.DataFrame, since: str) -> dict[str, object]:
    column = f"net_financing_since_{since.replace('-', '_')}_cny_100m"
    return rows.filter((pl.col("key") == "沪深300") & (pl.col("column") == column)).row(0, named=True)


def test_the_sum_after_the_day_stands_beside_the_printed_one(simulated_panel: pl.DataFrame) -> None:
    # After 2024-12-12 up to 2025-01-06 there are 16 sessions: 13 of December (13th, 16th to 20th, 23rd to 27th, 30th,
    # 31st) and the 2nd, 3rd and 6th of January.
    rows = reproduce(simulated_panel, financing=financing(-1.182e9))
    row = printed(rows, "2024-12-12")
    assert row["computed"] == pytest.approx(-1.182e9 * calendar().count_between(date(2024, 12, 12), FINANCING_TO))
    assert row["published"] == pytest.approx(-189.19e8)
    assert row["verdict"] == "disagrees"
    exact = reproduce(simulated_panel, financing=financing(-189.19e8 / 16))
    assert printed(exact, "2024-12-12")["verdict"] == "agrees"


def test_simulated_securities_and_a_frame_of_another_day_are_missing_data(simulated_panel: pl.DataFrame) -> None:
    for frame in (financing(1e9, grade="simulated"), financing(1e9).head(-1), None):
        rows = reproduce(simulated_panel, financing=frame)
        assert printed(rows, "2024-12-12")["verdict"] == "missing data"
