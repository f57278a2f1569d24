"""A simulated market day keeps the rules of the day that it simulates."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from rongheng.account.population import make_day


@pytest.mark.parametrize(
    ("session", "boards"),
    [
        (date(2010, 4, 1), {"main", "chinext", "fund"}),
        (date(2019, 7, 22), {"main", "chinext", "fund", "star"}),
        (date(2022, 3, 1), {"main", "chinext", "fund", "star", "bse"}),
    ],
)
def test_a_board_is_there_from_its_first_session(session: date, boards: set[str]) -> None:
    assert set(make_day(session, securities=300).securities["board"].cast(pl.String)) == boards


def test_prices_stand_within_limits_that_are_the_boards_own() -> None:
    day = make_day(date(2026, 3, 2), securities=2_000).securities
    assert day.filter(~pl.col("price_milli").is_between("low_limit_milli", "high_limit_milli")).is_empty()
    width = pl.col("high_limit_milli") / pl.col("previous_close_milli") - 1
    for board, limit in (("main", 0.10), ("star", 0.20), ("chinext", 0.20), ("bse", 0.30), ("fund", 0.10)):
        normal = day.filter((pl.col("board") == board) & (pl.col("listing") == "normal"))
        dear = normal.filter(pl.col("previous_close_milli") > 20_000) if board != "fund" else normal
        assert dear.select(width.mean()).item() == pytest.approx(limit, abs=0.002)


def test_what_is_warned_of_or_leaves_counts_nothing_and_is_not_lent_on() -> None:
    day = make_day(date(2026, 3, 2), securities=2_000).securities
    warned = day.filter(pl.col("listing") != "normal")
    assert warned.height > 20
    assert set(warned["haircut_cap_bp"]) == {0}
    assert not warned["financing_allowed"].any()
    assert set(day.filter(pl.col("class") == "index_share")["haircut_cap_bp"]) == {7_000}
    assert set(day.filter(pl.col("class") == "other_share")["haircut_cap_bp"]) == {6_500}


def test_no_security_has_a_code_that_has_become_another() -> None:
    codes = [
        set(make_day(day, securities=800).securities["security"]) for day in (date(2025, 2, 14), date(2025, 2, 17))
    ]
    assert ["300114.SZ" in some for some in codes] == [True, False]
    assert "302132.SZ" not in codes[1]
