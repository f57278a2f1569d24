"""Betas are slopes of known lines, and past moves quotients of closes with dividends taken out."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from rongheng.market.series.traits import LEAST_RETURNS, betas, past_moves
from rongheng.market.store import Lake
from tests.market.series.day.lakes import bar, lake_of, sessions_before, untraded

SESSION = date(2024, 2, 5)
DAYS = sessions_before(SESSION, LEAST_RETURNS + 1)
UP, DOWN = 1.01, 0.98


def level(place: int) -> float:
    """An index that rises by 1 % and falls by 2 % in turn."""
    return 3_000.0 * UP ** ((place + 1) // 2) * DOWN ** (place // 2)


def own(place: int, beta: float) -> int:
    """A price that moves by beta times as much, at most a milli-yuan beside it."""
    up, down = 1 + beta * (UP - 1), 1 + beta * (DOWN - 1)
    return round(1_000_000 * up ** ((place + 1) // 2) * down ** (place // 2))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    bars = []
    for place, day in enumerate(DAYS):
        bars.append(bar(day, "600000.SH", own(place, 1.5), factor=1.0))
        bars.append(bar(day, "600001.SH", own(place, 0.5) // (1 + (place > 50)), factor=1.0 + (place > 50)))  # a split
        bars.append(bar(day, "600002.SH", own(place, 1.0)))  # its factor is not known
        if place > 3:
            bars.append(bar(day, "600003.SH", own(place, 1.0), factor=1.0))  # too few returns
    levels = [
        {"as_of": day, "index": "000001.SSE", "close": level(place), "grade": "derived"}
        for place, day in enumerate(DAYS)
    ]
    return lake_of(tmp_path / "lake", {"security_bars": bars, "index_daily": levels})


def test_a_beta_is_the_slope_of_the_returns(lake: Lake) -> None:
    found = dict(betas(lake, SESSION).iter_rows())
    assert set(found) == {"600000.SH", "600001.SH"}
    assert found["600000.SH"] == pytest.approx(15_000, abs=2)
    assert found["600001.SH"] == pytest.approx(5_000, abs=2)


def test_a_move_of_the_past_is_the_quotient_of_closes_with_what_went_off_put_back(tmp_path: Path) -> None:
    """10.00 → 4.50 yuan with every share made two: 4.5 × 2 / 10 is ten per cent less."""
    first, last = DAYS[0], DAYS[-1]
    bars = [
        bar(first, "600000.SH", 10_000, factor=1.0),
        bar(last, "600000.SH", 4_500, factor=2.0),
        bar(first, "600001.SH", 10_000, factor=1.0),
        untraded(last, "600001.SH", 9_000) | {"factor": 1.0},
        bar(first, "600002.SH", 10_000),
        bar(last, "600002.SH", 9_000),
        bar(last, "600003.SH", 9_000, factor=1.0),
    ]
    lake = lake_of(tmp_path / "lake", {"security_bars": bars})
    found = past_moves(lake, [(first, last)])
    assert found.rows() == [(first, last, "600000.SH", -1_000), (first, last, "600001.SH", -1_000)]
    assert past_moves(lake, []).is_empty()
