"""Where the falls of the ratio begin and end, and since when that is known."""

from __future__ import annotations

import polars as pl

from rongheng.market.indicators.falls_of_ratio import falls_of_ratio
from tests.market.indicators.panels import make_panel


def falls(*ratios: float | None) -> list[tuple[str, int, int]]:
    panel = make_panel({"maintenance_ratio": list(ratios)})
    return falls_of_ratio(panel, prominence=0.10).select("state", "peak_position", "position").rows()


def test_a_fall_runs_from_the_highest_ratio_since_the_last_low_to_the_low() -> None:
    # 2.0 is confirmed at 2.3, then 2.6 is the high on the way to 2.1, confirmed at 2.4
    assert falls(2.5, 2.0, 2.3, 2.6, 2.1, 2.4)[:2] == [("confirmed", 0, 1), ("confirmed", 3, 4)]


def test_the_fall_under_way_ends_on_the_last_session_and_starts_at_its_high() -> None:
    assert falls(2.5, 2.0, 2.3, 2.6, 2.4) == [("confirmed", 0, 1), ("so_far", 3, 4)]
    # before any low it starts at the highest ratio of all, the last of equal ones
    assert falls(2.4, 2.6, 2.6, 2.5) == [("so_far", 2, 3)]


def test_at_a_new_high_nothing_is_falling() -> None:
    assert falls(2.5, 2.0, 2.6) == [("confirmed", 0, 1)]


def test_sessions_without_a_ratio_are_passed_over() -> None:
    assert falls(2.6, None, 2.5, None) == [("so_far", 0, 2)]


def test_a_fall_is_known_when_its_low_is_confirmed() -> None:
    panel = make_panel({"maintenance_ratio": [2.5, 2.0, 2.1, 2.3]})
    row = falls_of_ratio(panel, prominence=0.10).filter(pl.col("state") == "confirmed").row(0, named=True)
    sessions = panel["session"].to_list()
    assert (row["session"], row["as_of"]) == (sessions[1], sessions[3])
