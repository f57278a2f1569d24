"""The simulated market passes through the published figures: they come out of it, and it convicts nobody."""

from __future__ import annotations

import polars as pl
import pytest

from rongheng.market.reproduction import reproduce


@pytest.fixture(scope="module")
def rows(simulated_panel: pl.DataFrame) -> pl.DataFrame:
    return reproduce(simulated_panel)


def test_all_figures_that_it_was_led_through_come_out(rows: pl.DataFrame) -> None:
    apart = rows.filter(
        pl.col("kind") == "figure", ~pl.col("verdict").is_in(["agrees", "agrees (stand-in)", "not computable"])
    )
    told = set(apart.filter(pl.col("verdict") != "missing data").select("report", "key", "verdict").iter_rows())
    assert told == {
        ("qihe", "financing_balance_mean_2023", "disagrees"),  # the mean of the margin balance is followed instead
        ("qihe", "margin_balance_increase_pct", "report is wrong"),  # by its own two balances
        ("guosen", "assumed_leverage", "disagrees"),  # an assumption, not a figure of a market
        ("huachuang", "common_collateral_stocks_6_brokers", "disagrees"),  # 3,774 against 3,763
    }
    # What is missing needs single securities and ETFs: 12 + 28 + 4 figures.
    assert apart.filter(pl.col("verdict") == "missing data").height == 44


def test_every_number_from_the_panel_is_graded_simulated(rows: pl.DataFrame) -> None:
    moves = rows.filter(pl.col("table").is_in(["c23", "c24", "c26"]), pl.col("kind") == "figure")
    assert moves["grade"].unique().to_list() == ["simulated"]


def test_it_convicts_nobody(rows: pl.DataFrame) -> None:
    wrong = rows.filter(pl.col("verdict") == "report is wrong")
    by_market = wrong.filter(pl.col("grade") == "simulated")
    assert by_market["key"].to_list() == ["margin_balance_increase_pct"]  # which the report's own figures exclude


def test_the_printed_lows_and_their_lags_are_lows_of_this_market(rows: pl.DataFrame) -> None:
    lows = rows.filter(pl.col("table") == "c23")
    assert set(lows["verdict"]) == {"agrees", "agrees (stand-in)"}
    points = rows.filter(pl.col("table") == "lows", pl.col("key") != "1950.01 as the low point")
    assert points["verdict"].unique().to_list() == ["agrees"]
