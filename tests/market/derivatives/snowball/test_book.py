"""A book: hedges against single contracts, the map against hand sums, the curve against the map."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from rongheng.market.derivatives.snowball import (
    IndexMarket,
    hedging_curve,
    knock_in_map,
    totals,
    value,
    value_book,
)
from tests.market.derivatives.snowball.worlds import contract, contracts, market

TWO = replace(
    market(),
    indices={
        "csi500": IndexMarket("csi500", 100.0, {243.0: 0.2}, carry_rate=-0.03, average_volume=1_000.0),
        "csi300": IndexMarket("csi300", 4_000.0, {243.0: 0.18}),
    },
)
BOOK = contracts(
    {"contract_id": "a"},
    {"contract_id": "b", "knock_in_bp": 8_000, "notional_milli": 3_000_000_000},
    {"contract_id": "c", "index": "csi300", "initial_points": 4_000.0},
    {"contract_id": "d", "knocked_in": True},
    {"contract_id": "e", "knock_in_days": "maturity"},
)


def test_a_hedge_is_units_of_the_index_over_yuan_a_point() -> None:
    valued = value_book(BOOK, TWO)
    alone = value(contract(), market()).before
    # 10 000 000 yuan at 100 points are 100 000 units; an IC is 200 of them. On CSI 300 they are 2 500, an IF is 300.
    assert valued["hedge_futures"][0] == pytest.approx(100_000 * alone.delta[0, 0] / 200)
    assert valued["hedge_futures"][2] == pytest.approx(2_500 * valued["delta"][2] / 300)
    assert valued["worth_yuan"][0] == pytest.approx(1e7 * alone.worth[0, 0])
    assert valued["delta_yuan"][0] == pytest.approx(1e7 * alone.delta[0, 0])
    assert valued["gamma_yuan"][0] == pytest.approx(1e7 * alone.gamma[0, 0])
    assert valued["distance"].to_list() == pytest.approx([0.25, 0.2, 0.25, 0.25, 0.25])


def test_totals_are_the_sums_of_the_contracts_beside_a_days_volume() -> None:
    valued = value_book(BOOK, TWO)
    rows = {row["index"]: row for row in totals(valued, TWO).iter_rows(named=True)}
    five = valued.filter(pl.col("index") == "csi500")
    assert rows["csi500"]["hedge_futures"] == pytest.approx(five["hedge_futures"].sum())
    assert rows["csi500"]["notional_yuan"] == 33_000_000
    assert rows["csi500"]["of_volume"] == pytest.approx(five["hedge_futures"].sum() / 1_000)
    assert (rows["csi300"]["future"], rows["csi300"]["of_volume"]) == ("IF", None)


def test_the_map_holds_each_line_that_is_still_looked_at_once() -> None:
    rows = knock_in_map(BOOK, TWO, width=0.05).rows(named=True)
    # Lines at 80 and 75 of 100 lie in the bands that begin at falls of 20 % and 25 %; at 3 000 of 4 000 likewise.
    found = [(row["index"], round(row["distance"], 4), row["contracts"], row["notional_yuan"]) for row in rows]
    assert found == [("csi300", 0.25, 1, 1e7), ("csi500", 0.2, 1, 3e6), ("csi500", 0.25, 1, 1e7)]
    assert [row["cumulative_yuan"] for row in rows] == [1e7, 3e6, 1.3e7]
    assert (rows[1]["upper"], rows[1]["lower"]) == pytest.approx((80.0, 75.0))


def test_a_map_of_nothing_that_waits_is_empty() -> None:
    assert knock_in_map(contract(knocked_in=True), TWO).height == 0


def test_what_the_map_releases_is_what_the_curve_of_each_contract_loses_just_under_its_line() -> None:
    terms = [{"contract_id": str(row), "knock_in_bp": 7_500 + 100 * row} for row in range(5)]
    (band,) = knock_in_map(contracts(*terms), TWO, width=0.3).rows(named=True)
    moves = [-1 + one["knock_in_bp"] / 10_000 - 1e-9 for one in terms]  # type: ignore[operator]
    lost = [
        hedging_curve(contract(**one), TWO, moves=[move])["released"][0] for one, move in zip(terms, moves, strict=True)
    ]
    assert min(-one for one in lost) > 0
    assert band["released_futures"] == pytest.approx(-sum(lost), rel=1e-5)


def test_the_curve_buys_into_a_fall_and_sells_at_the_line() -> None:
    near = replace(TWO, indices=dict(TWO.indices) | {"csi500": replace(TWO.indices["csi500"], spot=84.0)})
    curve = hedging_curve(contract(), near, moves=[-0.10, -0.11, 0.05]).rows(named=True)
    above, under, up = curve
    assert above["flow_after"] == above["flow_before"] > 0, "75.6 lies above the line"
    assert up["flow_after"] < 0
    assert under["released"] < 0
    assert under["knocked_in_yuan"] == 1e7
    assert under["flow_after"] == pytest.approx(under["flow_before"] + under["released"])
    assert under["of_volume"] == pytest.approx(under["flow_after"] / 1_000)


def test_no_move_is_no_flow() -> None:
    curve = hedging_curve(BOOK, TWO, moves=[0.0])
    assert np.allclose(curve["flow_before"].to_numpy(), 0.0)
    assert np.allclose(curve["flow_after"].to_numpy(), 0.0)
