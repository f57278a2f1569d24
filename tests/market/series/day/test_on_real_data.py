"""Days of the real market: prices keep within the limits that the rulebook gives, and known days look as they were."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from rongheng.desk.ingest import ingest
from rongheng.market.series.day import MadeDay, by_board, make_day
from rongheng.market.series.traits import betas, past_moves
from rongheng.market.store import Lake

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def lake(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Return a lake of everything that is known of stocks."""
    lake = Lake(tmp_path_factory.mktemp("real") / "lake", create=True)
    done = list(ingest(lake, [shared_data / "stocks"]))
    assert not [one.error for one in done if one.error]
    assert not any(landed.known_file for one in done for landed in one.landed)
    again = list(ingest(lake, [shared_data / "stocks"]))
    assert all(landed.known_file and not landed.new for one in again for landed in one.landed)
    return lake


def counts(made: MadeDay) -> dict[str, int]:
    """Return the counts of all boards together."""
    return {name: count for name, count in by_board(made.day).row(-1, named=True).items() if name != "board"}


def test_no_price_lies_beyond_the_limits_of_its_board_and_date(lake: Lake) -> None:
    # Sessions of every regime: before and after the 20 % of ChiNext, STAR's begin, ex-dates in June, crashes, holidays.
    sessions = ["2010-06-18", "2012-06-15", "2014-07-11", "2015-06-26", "2015-07-08", "2016-01-07", "2017-06-23"]
    sessions += ["2018-06-15", "2019-07-22", "2019-07-29", "2020-02-03", "2020-08-21", "2020-08-24", "2021-06-18"]
    sessions += ["2022-04-25", "2023-04-10", "2023-06-16", "2024-02-05", "2024-10-08", "2025-04-07", "2026-01-19"]
    for session in sessions:
        securities = make_day(lake, date.fromisoformat(session)).day.securities
        price = pl.col("price_milli")
        beyond = securities.filter((price > pl.col("high_limit_milli")) | (price < pl.col("low_limit_milli")))
        assert beyond.is_empty(), (session, beyond)


def test_most_shares_fell_to_their_limit_on_26_june_2015(lake: Lake) -> None:
    made = make_day(lake, date(2015, 6, 26))
    found = counts(made)
    # More than 2,000 of the some 2,400 shares that traded fell by the limit (exchanges' tables of that day).
    assert found["securities"] == 399
    traded = found["securities"] - found["suspended"]
    assert found["at_low_limit"] > 0.6 * traded
    assert found["at_high_limit"] < 0.02 * traded


def test_the_market_of_5_february_2024(lake: Lake) -> None:
    made = make_day(lake, date(2024, 2, 5))
    assert dict(made.day.indices)["sse"] == 2702.19  # printed, and in reports on the low of that day
    assert counts(made)["securities"] == 606
    assert made.parts.filter(column="previous_close_milli")["unknown"].item() == 0


def test_average_amounts_agree_with_those_of_the_snapshots(lake: Lake) -> None:
    session = date(2025, 1, 6)
    made = make_day(lake, session)
    printed = lake.read("security_snapshots", first=session, last=session).select("security", "average_amount")
    bars = lake.read("security_bars", first=session, last=session).select("security")
    both = made.day.securities.join(printed, on="security").join(bars, on="security")
    ratio = both.filter(pl.col("average_amount") > 0).select(
        pl.col("average_amount_milli") / 1_000 / pl.col("average_amount")
    )
    # Another's mean of the same twenty sessions, from amounts; ours reckons each from volume and prices.
    assert both.height > 600
    median = ratio.to_series().median()
    assert isinstance(median, float)
    assert 0.97 < median < 1.03


def test_betas_and_past_falls_of_the_market_are_as_they_were(lake: Lake) -> None:
    """Brokers move more than the market, power stations less; Yangtze Power was halted through the summer of 2015."""
    session = date(2024, 2, 5)
    beta = dict(betas(lake, session).iter_rows())
    assert len(beta) > 550
    assert beta["600030.SH"] > 10_000 > beta["600900.SH"] > 0
    moves = past_moves(lake, [(date(2015, 6, 12), date(2015, 7, 8)), (date(2023, 12, 29), session)])
    crash, small_caps = moves.partition_by("first")
    assert crash.filter(pl.col("security") == "600900.SH")["move_bp"].item() == 0
    assert crash.filter(pl.col("move_bp") < 0).height > 0.85 * crash.height
    assert small_caps.height > 550
    # The Shanghai Composite fell by 32 % and by 9 %; both times the median share fell by more.
    assert crash.select(pl.col("move_bp").median()).item() < -3_211
    assert small_caps.select(pl.col("move_bp").median()).item() < -917
