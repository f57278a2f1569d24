"""Two engines that share no quadrature: what both say of every product, in every state, under a term structure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from rongheng.market.derivatives.snowball import IndexMarket, SnowballMarket, simulate, value
from tests.market.derivatives.snowball.worlds import PRODUCTS, START, contract

MARKET = SnowballMarket(
    START, 0.03, {"csi500": IndexMarket("csi500", 96.0, {60.0: 0.18, 243.0: 0.22}, carry={20.0: -0.004, 120.0: -0.03})}
)
OTHERS: dict[str, dict[str, Any]] = {
    "knocked in": {"knocked_in": True},
    "line on the last day": {"knock_in_days": "maturity"},
    "strike under par": {"strike_bp": 9_000},
    "a line close to the barrier": {"knock_in_bp": 9_800},
    "days of its own": {"observations": "2023-03-15 2023-09-28 2025-03-03"},
}


@pytest.mark.parametrize("terms", [*PRODUCTS.values(), *OTHERS.values()], ids=[*PRODUCTS, *OTHERS])
def test_both_engines_agree_within_the_error_of_the_simulation(terms: dict[str, Any]) -> None:
    one = contract(**terms)
    found, drawn = value(one, MARKET).before, simulate(one, MARKET, paths=20_000, seed=7)
    assert abs(found.worth[0, 0] - drawn.worth) < 3.5 * drawn.worth_error
    assert abs(found.delta[0, 0] - drawn.delta) < 3.5 * drawn.delta_error
    assert drawn.worth_error < 0.002, "an error so large would hide anything"


@pytest.mark.parametrize("spot", [74.9, 75.05, 75.5])
def test_delta_beside_the_line_agrees_with_common_random_numbers(spot: float) -> None:
    index = replace(MARKET.indices["csi500"], spot=spot)
    there = replace(MARKET, session=date(2024, 12, 2), indices={"csi500": index})  # a steep premium: three months left
    found, drawn = value(contract(), there).before, simulate(contract(), there, paths=100_000, seed=3, bump=0.0005)
    assert abs(found.delta[0, 0] - drawn.delta) < 3.5 * drawn.delta_error
    assert drawn.delta_error < 0.08 * abs(drawn.delta)


def test_the_same_seed_gives_the_same_bits() -> None:
    assert simulate(contract(), MARKET, paths=20_000, seed=5) == simulate(contract(), MARKET, paths=20_000, seed=5)
