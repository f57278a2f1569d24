"""Replays: events of made paths by hand, and January and February 2024 on real closes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from rongheng.basics.errors import UsageError
from rongheng.market.derivatives.snowball import IndexMarket, illustrative_ladder, knock_in_map, replay, value_book
from tests.market.derivatives.snowball.worlds import contract, contracts, market

EVE = date(2024, 1, 31)
DAYS = [date(2024, 2, day) for day in (1, 2, 5, 6)]


def days_of(book: pl.DataFrame, closes: list[float]) -> list[dict[str, Any]]:
    world = market(100.0, session=EVE)
    return replay(book, world, {"csi500": dict(zip(DAYS, closes, strict=False))}).rows(named=True)


def test_a_close_under_the_line_knocks_in_once_and_on_the_line_does_not() -> None:
    rows = days_of(contract(), [75.0, 74.9999, 74.0, 80.0])
    assert [row["knocked_in"] for row in rows] == [0, 1, 0, 0]
    assert [row["waiting_yuan"] for row in rows] == [1e7, 0.0, 0.0, 0.0]
    assert rows[1]["released_futures"] < 0
    assert [row["released_futures"] for row in rows[2:]] == [0.0, 0.0]


def test_a_close_at_the_barrier_knocks_out_on_an_observation_alone() -> None:
    # The contract of 1 March 2023 is observed on 1 February 2024, and not on the days after.
    rows = days_of(contract(), [102.9999, 103.0, 104.0])
    assert [row["knocked_out"] for row in rows] == [0, 0, 0]
    rows = days_of(contract(), [103.0, 103.0])
    assert [(row["knocked_out"], row["hedge_futures"]) for row in rows] == [(1, 0.0), (0, 0.0)]
    assert rows[0]["flow_futures"] == pytest.approx(
        -value_book(contract(), market(100.0, session=EVE))["hedge_futures"][0]
    )


def test_flows_add_up_to_the_change_of_the_hedge() -> None:
    book = contracts({"contract_id": "a"}, {"contract_id": "b", "knock_in_bp": 9_000})
    rows = days_of(book, [95.0, 89.0, 76.0, 91.0])
    first = value_book(book, market(100.0, session=EVE))["hedge_futures"].sum()
    flows = sum(row["flow_futures"] for row in rows)
    assert first + flows == pytest.approx(rows[-1]["hedge_futures"])


def test_a_contract_that_matures_leaves_without_an_event() -> None:
    rows = days_of(contract(maturity=DAYS[1]), [90.0, 90.0, 90.0])
    assert [row["waiting_yuan"] for row in rows] == [1e7, 0.0, 0.0]
    assert [row["knocked_in"] + row["knocked_out"] for row in rows] == [0, 0, 0]


Replayed = Callable[[list[float]], list[dict[str, Any]]]


def assert_unchanged_when_cut(of: Replayed, closes: list[float], cut: int) -> None:
    assert of(closes)[:cut] == of(closes[:cut])


def test_a_day_does_not_change_when_later_closes_come() -> None:
    for cut in range(1, 4):
        assert_unchanged_when_cut(lambda closes: days_of(contract(), closes), [76.0, 74.9, 72.0, 103.0], cut)


def test_a_replay_that_peeks_is_caught() -> None:
    """Planted: a contract counts as knocked in from the first day where any close of the path is under its line."""

    def peeking(closes: list[float]) -> list[dict[str, Any]]:
        return days_of(contract(knocked_in=min(closes) < 75.0), closes)

    with pytest.raises(AssertionError):
        assert_unchanged_when_cut(peeking, [76.0, 74.9], 1)


def test_a_book_without_a_path_is_refused() -> None:
    with pytest.raises(UsageError, match="no path is given"):
        replay(contract(), market(session=EVE), {})
    with pytest.raises(UsageError, match="expected after the market's session"):
        replay(contract(), market(session=DAYS[1]), {"csi500": {DAYS[0]: 90.0}})


LADDER_DAY = replace(
    market(session=date(2023, 12, 29)),
    indices={
        "csi500": IndexMarket("csi500", 5_429.2288, {243.0: 0.19}, carry_rate=-0.02),
        "csi1000": IndexMarket("csi1000", 5_887.2350, {243.0: 0.22}, carry_rate=-0.04),
    },
)


def test_the_ladder_agrees_with_what_was_published_about_the_inventory() -> None:
    ladder = illustrative_ladder().with_columns(
        line=pl.col("initial_points") * pl.col("knock_in_bp") / 10_000, yi=pl.col("notional_milli") / 1e11
    )
    averages = ladder.group_by("index").agg((pl.col("line") * pl.col("yi")).sum() / pl.col("yi").sum())
    found = dict(averages.iter_rows())
    assert found["csi500"] == pytest.approx(4_865, abs=1)  # CICC, 27 October 2023
    assert found["csi1000"] == pytest.approx(4_997, abs=1)
    assert ladder["yi"].sum() == pytest.approx(27 * 7.3 * 10, rel=0.01)  # 27 billion dollars
    # Guotai Junan Futures, January 2024: 30 billion within 5 % of their line, 60 billion 5 to 10 % away.
    small = ladder.filter(pl.col("index") == "csi1000")
    fall = 1 - small["line"] / 5_539.4741
    assert small.filter(fall <= 0.05)["yi"].sum() == 300
    assert small.filter((fall > 0.05) & (fall <= 0.101))["yi"].sum() == 600


def test_the_ladders_sensitivity_scales_the_map_and_moves_the_lines() -> None:
    usual, half = (knock_in_map(illustrative_ladder(scale=scale), LADDER_DAY, width=0.02) for scale in (1.0, 0.5))
    assert half["notional_yuan"].to_list() == pytest.approx((usual["notional_yuan"] / 2).to_list())
    moved = illustrative_ladder(shift=-0.02)["initial_points"] / illustrative_ladder()["initial_points"]
    assert moved.to_list() == pytest.approx([0.98] * len(moved), abs=1e-6)


def closes(path: Path) -> dict[date, float]:
    bars = pl.read_csv(path, try_parse_dates=True)
    wanted = bars.filter(pl.col("date").is_between(date(2024, 1, 2), date(2024, 2, 29)))
    return dict(wanted.select("date", "close").iter_rows())


def test_january_and_february_2024_knock_in_when_the_market_was_told_to(shared_data: Path) -> None:
    folder = shared_data / "index"
    paths = {"csi500": closes(folder / "sh000905.csv"), "csi1000": closes(folder / "sh000852.csv")}
    days = replay(illustrative_ladder(), LADDER_DAY, paths)
    on = {(row["session"], row["index"]): row for row in days.iter_rows(named=True)}
    worst = on[date(2024, 1, 22), "csi500"]
    assert worst["close"] == pytest.approx(4_780.97, abs=0.01)  # -4.7 %
    assert worst["knocked_in_yuan"] == pytest.approx(51.3e9, rel=0.01)  # the figure that went round that day
    assert worst["flow_futures"] < -10_000
    assert on[date(2024, 1, 15), "csi1000"]["knocked_in"] == 0
    assert on[date(2024, 2, 5), "csi1000"]["waiting_yuan"] == 0, "at the low of 5 February every line has been passed"
    assert days["knocked_in"].sum() == 16
    assert days["knocked_out"].sum() == 0
