"""Contracts that shrink to something with a formula: the formula is written here, from the standard library alone."""

from __future__ import annotations

from math import erf, exp, log, pi, sqrt
from typing import Any

import pytest

from rongheng.basics.calendar import calendar
from rongheng.market.derivatives.snowball import Discounting, value
from tests.market.derivatives.snowball.worlds import MATURITY, START, contract, market

FAR = 100_000  # ten times the initial level
RATE, CARRY, VOLATILITY = 0.03, -0.03, 0.2
DAYS = (MATURITY - START).days
WORTH_OF_LATER = exp(-RATE * DAYS / 365)
YEARS = calendar().count_between(START, MATURITY) / 243


def normal(x: float) -> float:
    return 0.5 * (1 + erf(x / sqrt(2)))


def density(x: float) -> float:
    return exp(-0.5 * x * x) / sqrt(2 * pi)


def d1(spot: float, strike: float) -> float:
    return (log(spot / strike) + CARRY * YEARS) / (VOLATILITY * sqrt(YEARS)) + 0.5 * VOLATILITY * sqrt(YEARS)


def put(spot: float, strike: float) -> tuple[float, float, float]:
    """Return worth, delta and gamma of a put on the forward (Black), discounted by calendar days."""
    one, two = d1(spot, strike), d1(spot, strike) - VOLATILITY * sqrt(YEARS)
    grown = exp(CARRY * YEARS) * WORTH_OF_LATER
    worth = WORTH_OF_LATER * strike * normal(-two) - spot * grown * normal(-one)
    return worth, -grown * normal(-one), grown * density(one) / (spot * VOLATILITY * sqrt(YEARS))


@pytest.mark.parametrize("spot", [60.0, 75.0, 99.0, 100.0, 130.0])
def test_knocked_in_without_knock_out_is_cash_less_a_put(spot: float) -> None:
    found = value(contract(knocked_in=True, knock_out_bp=FAR), market(spot)).before
    worth, delta, gamma = put(spot, 100.0)
    assert found.worth[0, 0] == pytest.approx(WORTH_OF_LATER - worth / 100, abs=1e-7)
    assert found.delta[0, 0] == pytest.approx(-delta, abs=1e-6)
    assert found.gamma[0, 0] == pytest.approx(-gamma * spot * 0.01, abs=1e-7)


def test_protected_and_knocked_in_is_cash_less_a_put_spread() -> None:
    terms = {"kind": "protected", "floor_bp": 8_000, "knocked_in": True, "knock_out_bp": FAR}
    found = value(contract(**terms), market(95.0)).before
    spread = put(95.0, 100.0)[0] - put(95.0, 80.0)[0]
    assert found.worth[0, 0] == pytest.approx(WORTH_OF_LATER - spread / 100, abs=1e-7)


@pytest.mark.parametrize("discounting", list(Discounting))
def test_never_knocked_is_a_bond(discounting: Discounting) -> None:
    found = value(contract(knock_in_bp=0, knock_out_bp=FAR), market(discounting=discounting)).before
    years = DAYS / 365 if discounting is Discounting.CALENDAR else YEARS
    assert found.worth[0, 0] == pytest.approx(exp(-RATE * years) * (1 + 0.15 * DAYS / 365), abs=1e-9)
    assert abs(found.delta[0, 0]) < 1e-9


def test_one_observation_without_line_is_a_digital() -> None:
    terms = {"knock_in_bp": 0, "lockup_months": 24, "final_coupon_ppm": 10_000}
    found = value(contract(**terms), market(97.0)).before
    above = normal(d1(97.0, 103.0) - VOLATILITY * sqrt(YEARS))
    paid = 1 + 0.15 * DAYS / 365 * above + 0.01 * DAYS / 365 * (1 - above)
    slope = density(d1(97.0, 103.0) - VOLATILITY * sqrt(YEARS)) / (97.0 * VOLATILITY * sqrt(YEARS))
    assert found.worth[0, 0] == pytest.approx(WORTH_OF_LATER * paid, abs=1e-9)
    assert found.delta[0, 0] == pytest.approx(WORTH_OF_LATER * 0.14 * DAYS / 365 * slope * 100, abs=1e-8)


def test_a_line_looked_at_on_the_last_day_alone_is_a_digital_and_a_put() -> None:
    terms = {"knock_in_days": "maturity", "lockup_months": 24, "knock_out_bp": FAR}
    found = value(contract(**terms), market(90.0)).before
    under = normal(-(d1(90.0, 75.0) - VOLATILITY * sqrt(YEARS)))
    lost = put(90.0, 75.0)[0] / 100 + 0.25 * WORTH_OF_LATER * under  # a put at 75, and 25 more wherever it pays
    coupon = 0.15 * DAYS / 365 * WORTH_OF_LATER * (1 - under)
    assert found.worth[0, 0] == pytest.approx(WORTH_OF_LATER + coupon - lost, abs=1e-8)


@pytest.mark.parametrize("terms", [{}, {"kind": "protected", "floor_bp": 8_000}])
def test_far_under_the_line_a_contract_is_as_good_as_knocked_in(terms: dict[str, Any]) -> None:
    found = value(contract(**terms), market(55.0))
    assert found.before.worth[0, 0] == pytest.approx(found.after.worth[0, 0], abs=1e-9)


def test_a_last_observation_tomorrow_is_closed_form_throughout() -> None:
    eve = calendar().offset(MATURITY, -1)
    found = value(contract(knocked_in=True, strike_bp=9_000), market(103.2, session=eve)).before
    spread = VOLATILITY / sqrt(243)
    above = normal((log(103.2 / 103.0) + CARRY / 243) / spread - 0.5 * spread)
    assert found.worth[0, 0] == pytest.approx(exp(-RATE * 3 / 365) * (1 + 0.15 * DAYS / 365 * above), abs=1e-9)
