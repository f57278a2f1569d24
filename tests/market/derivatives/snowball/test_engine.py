"""The quadrature engine against itself: finer grids, neighbouring levels, any split of a book."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongheng.market.derivatives.snowball import value
from tests.depth import examples
from tests.market.derivatives.snowball.worlds import PRODUCTS, contract, contracts, market

CENT_OF_100 = 1e-4


@pytest.mark.parametrize("volatility", [0.08, 0.12, 0.25, 0.45])
@pytest.mark.parametrize("terms", PRODUCTS.values(), ids=PRODUCTS)
def test_a_grid_of_half_the_step_says_the_same_to_a_hundredth_of_a_point(
    terms: dict[str, Any], volatility: float
) -> None:
    frame, world = contract(**terms), market(volatility=volatility)
    moves = [-0.3, -0.2501, -0.2499, -0.1, 0.0, 0.029, 0.031]
    usual, finer = value(frame, world, moves=moves), value(frame, world, moves=moves, fine=0.3, coarse=0.25)
    assert np.abs(usual.before.worth - finer.before.worth).max() < CENT_OF_100
    assert np.abs(usual.after.worth - finer.after.worth).max() < CENT_OF_100
    assert np.abs(usual.before.delta - finer.before.delta).max() < 0.005


@pytest.mark.parametrize("session", [date(2023, 3, 31), date(2024, 12, 31), date(2025, 2, 28)])
@pytest.mark.parametrize("spot", [75.0, 75.01, 103.0, 102.99])
def test_delta_and_gamma_are_the_slopes_of_the_worth_beside_a_barrier(spot: float, session: date) -> None:
    step = 1e-4
    found = value(contract(), market(spot, session=session), moves=[-step, 0.0, step]).before
    down, here, up = found.worth[0]
    scale = spot * step / 100
    assert (up - down) / (2 * scale) == pytest.approx(found.delta[0, 1], rel=0.002, abs=1e-4)
    bend = (up - 2 * here + down) / scale**2 * spot / 100 * 0.01
    assert bend == pytest.approx(found.gamma[0, 1], rel=0.02, abs=1e-3)


def test_premium_leaves_where_a_close_is_under_the_line() -> None:
    found = value(contract(), market(), moves=[-0.2501, -0.25, -0.2])
    closed = found.at_close()
    assert closed.worth[0, 0] == found.after.worth[0, 0]
    assert closed.worth[0, 1] == found.before.worth[0, 1], "a close on the line itself does not knock in"
    assert closed.worth[0, 2] == found.before.worth[0, 2] > found.after.worth[0, 2]


def test_any_split_of_a_book_on_any_number_of_threads_gives_the_same_bits() -> None:
    book = contracts(*({"contract_id": str(row), "initial_points": 90.0 + row % 30} for row in range(300)))
    whole = value(book, market(), threads=2).before.worth
    halves = [value(part, market(), threads=1).before.worth for part in (book[:110], book[110:])]
    assert np.array_equal(whole, np.concatenate(halves))


terms = st.fixed_dictionaries(
    {
        "knock_out_bp": st.integers(9_900, 11_000),
        "knock_in_bp": st.integers(6_000, 9_500),
        "coupon_ppm": st.integers(0, 300_000),
        "lockup_months": st.integers(0, 12),
    }
)
worlds = st.builds(market, st.floats(60, 115), st.floats(0.08, 0.5), st.floats(-0.15, 0.05), st.floats(0.0, 0.05))


def worth(world: Any, *changed: dict[str, Any]) -> Any:
    return value(contracts(*changed), world).before.worth[:, 0]


@settings(max_examples=examples(12))
@given(terms, worlds, st.integers(1, 50_000))
def test_more_coupon_is_worth_more(one: dict[str, Any], world: Any, more: int) -> None:
    less_, more_ = worth(world, one, one | {"coupon_ppm": one["coupon_ppm"] + more})
    assert more_ > less_ - 1e-5


@settings(max_examples=examples(12))
@given(terms, worlds, st.integers(1, 1_000))
def test_a_lower_line_is_worth_more(one: dict[str, Any], world: Any, lower: int) -> None:
    high, low = worth(world, one, one | {"knock_in_bp": one["knock_in_bp"] - lower})
    assert low > high - 1e-5


@settings(max_examples=examples(12))
@given(terms, worlds, st.integers(1, 9_999))
def test_a_floor_is_worth_more_and_a_knock_in_less(one: dict[str, Any], world: Any, floor: int) -> None:
    plain, floored, knocked = worth(
        world, one, one | {"kind": "protected", "floor_bp": floor}, one | {"knocked_in": True}
    )
    assert floored > plain - 1e-5
    assert plain > knocked - 1e-5


@settings(max_examples=examples(12))
@given(terms, worlds)
def test_worth_lies_between_nothing_and_everything_that_can_be_paid(one: dict[str, Any], world: Any) -> None:
    (found,) = worth(world, one)
    assert -1e-9 < found < 1 + one["coupon_ppm"] / 1e6 * 2.01 + 1e-9


@settings(max_examples=examples(8))
@given(terms, worlds, st.floats(0.1, 100))
def test_the_scale_of_the_index_does_not_matter(one: dict[str, Any], world: Any, scale: float) -> None:
    index = world.indices["csi500"]
    larger = market(index.spot * scale, index.volatility[243.0], index.carry_rate, world.rate)
    (here,), (there,) = worth(world, one), worth(larger, one | {"initial_points": 100.0 * scale})
    assert here == pytest.approx(there, abs=1e-9)
