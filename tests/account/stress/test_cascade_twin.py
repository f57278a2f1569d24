"""A cascade agrees with its exact twin, and a deeper shock never ends higher: small random worlds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from rongheng.account.marks import Marks, mark
from rongheng.account.policy import Lines, Policy
from rongheng.account.stress import Scenario
from rongheng.account.stress.cascade import Spread, cascade
from rongheng.account.stress.cascade_result import Cascade
from rongheng.account.stress.impact import Impact, shipped_impacts
from rongheng.basics.market_day import MarketDay
from rongheng.rulebook import Rulebook
from tests.account.worlds import BOARDS, CITIC, RATIOS, SESSION, Account, Contract, Security, World
from tests.reference import cascade_twin

RULES = Rulebook.load()
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
MODELS = list(shipped_impacts().values())
FALLS = (st.integers(500, most).map(lambda fall: -fall) for most in (2_000, 3_500, 5_000))
MOVES = st.one_of(st.sampled_from([0, -300]), *FALLS)


@dataclass(frozen=True)
class Traded:
    """A world, and how its securities trade."""

    world: World
    average: tuple[int | None, ...]
    suspended: tuple[bool, ...]

    def marks(self) -> Marks:
        frame = self.world.day().securities.join(
            pl.DataFrame(
                {
                    "security": [security.code for security in self.world.securities],
                    "average_amount_milli": pl.Series(self.average, dtype=pl.Int64),
                    "suspended": list(self.suspended),
                }
            ),
            on="security",
        )
        kept = frame.drop("average_amount_milli", "suspended").rename(
            {"average_amount_milli_right": "average_amount_milli", "suspended_right": "suspended"}
        )
        return mark(self.world.book(), MarketDay(SESSION, kept), self.world.policy_set())

    def trading(self) -> dict[str, cascade_twin.Trading]:
        return {
            security.code: cascade_twin.Trading(security.board, average, suspended)
            for security, average, suspended in zip(self.world.securities, self.average, self.suspended, strict=True)
        }


LINES = Lines(warning_bp=14_000, liquidation_bp=13_000, emergency_bp=11_500)


@st.composite
def policies(draw: st.DrawFn, *, plain: bool) -> Policy:
    moving = None if plain else draw(st.sampled_from([None, None, CITIC]))
    return Policy(
        "P",
        30_000,
        RATIOS,
        lines=CITIC.rows[0].lines if moving else draw(st.sampled_from([LINES, replace(LINES, warning_bp=None)])),
        moving_lines=moving,
        restore_target_bp=draw(st.sampled_from([None, None, 13_000, 15_000])),
        sale_cost_ppm=draw(st.sampled_from([0, 1_500])),
    )


@st.composite
def accounts(draw: st.DrawFn, market: tuple[Security, ...], *, plain: bool) -> Account:
    held = draw(st.lists(st.sampled_from(market), min_size=1, max_size=3, unique_by=lambda security: security.code))
    positions = {security.code: draw(st.integers(1, 20_000)) for security in held}
    value = sum(positions[security.code] * security.price for security in held)
    debt = value * 10_000 // draw(st.one_of(st.integers(12_500, 15_500), st.integers(10_500, 19_000)))
    owed = [_contract("financing", market[0].code, 0, debt)]
    proceeds = 0
    if not plain and draw(st.booleans()):
        short = draw(st.sampled_from(market))
        quantity = draw(st.integers(1, 2_000))
        proceeds = quantity * short.price
        owed.append(_contract("short", short.code, quantity, proceeds))
    cash = proceeds + draw(st.sampled_from([0, 0, debt // 20]))
    return Account(
        client_type="individual",
        policy="P",
        cash=cash,
        frozen=draw(st.sampled_from([0, 0, (cash - proceeds) // 2])),
        other_collateral=draw(st.sampled_from([0, 0, debt // 30])),
        other_debt=draw(st.sampled_from([0, 1_000])),
        positions=positions,
        contracts=tuple(owed),
        held_back={code: draw(st.integers(0, positions[code])) for code in positions if draw(st.integers(0, 4)) == 4},
    )


def _contract(kind: str, security: str, quantity: int, amount: int) -> Contract:
    return Contract(kind, security, quantity, amount, None, SESSION, SESSION.replace(month=8), 0, 0)


@st.composite
def traded_worlds(draw: st.DrawFn, *, plain: bool = False) -> Traded:
    count = draw(st.integers(1, 4))
    market = tuple(
        Security(
            f"{600_000 + i}.SH", 10 * draw(st.integers(100, 5_000)), 7_000, None, draw(st.sampled_from(BOARDS)), None
        )
        for i in range(count)
    )
    average = st.one_of(
        st.sampled_from([None, 0]), *(st.integers(10**power, 10 ** (power + 1)) for power in (6, 7, 8, 9))
    )
    return Traded(
        World(
            market,
            (draw(policies(plain=plain)),),
            tuple(draw(st.lists(accounts(market, plain=plain), min_size=2, max_size=6))),
        ),
        tuple(draw(average) for _ in market),
        tuple(draw(st.integers(0, 9)) == 9 for _ in market),
    )


def followed(traded: Traded, move: int, impact: Impact, **terms: Any) -> Cascade:
    return cascade(traded.marks(), Scenario.uniform(move), impact=impact, rulebook=RULES, **terms)


def check_against_twin(traded: Traded, move: int, impact: Impact, sessions: int, spread: Spread, crowd: int) -> None:
    found = followed(traded, move, impact, sessions=sessions, spread=spread, crowd=crowd)
    world, book = traded.world, found.marks.book
    assert found.marks.is_marked.all()
    codes = book.securities.to_list()
    subjects = [world.subject(number) for number in range(len(world.accounts))]
    expected = cascade_twin.cascade(
        [(account, terms) for account, _, terms in subjects],
        {code: subjects[0][1][code] for code in codes},
        {code: one for code, one in traded.trading().items() if code in codes},
        dict(zip(codes, found.shocked_milli.tolist(), strict=True)),
        cascade_twin.Impact(Fraction(impact.fall_ppm, 10**6), impact.form.value == "square_root"),
        sessions=sessions,
        liquid_first=spread is Spread.MOST_LIQUID,
        crowd=crowd,
    )
    event(f"{len(expected.sessions)} sessions, {max(expected.sessions, default=0)} rounds")
    assert dict(zip(codes, found.after_milli.tolist(), strict=True)) == expected.prices
    assert dict(zip(codes, found.sold.tolist(), strict=True)) == expected.sold
    assert [one.rounds for one in found.sessions] == expected.sessions
    deepest = int(found.shocked_milli.sum()) * 3 // 10  # a round takes something off a price, a session at most 30 %
    assert all(one.rounds <= deepest for one in found.sessions)
    assert [(one.called_debt_milli, one.shortfall_milli) for one in found.rounds] == expected.rounds
    assert found.cash_milli.tolist() == [seller.account.cash for seller in expected.sellers]
    held = [seller.account.positions[code] for seller in expected.sellers for code in sorted(seller.account.positions)]
    assert found.quantity.tolist() == held
    before = [account.other_debt for account in world.accounts]
    after = [seller.account.other_debt for seller in expected.sellers]
    assert found.repaid_milli.tolist() == [one - other for one, other in zip(before, after, strict=True)]


TERMS = (MOVES, st.sampled_from(MODELS), st.integers(1, 3), st.sampled_from(Spread), st.integers(1, 50))


@settings(max_examples=15, suppress_health_check=SLOW)
@given(traded_worlds(), *TERMS)
def test_a_cascade_is_its_twin(
    traded: Traded, move: int, impact: Impact, sessions: int, spread: Spread, crowd: int
) -> None:
    check_against_twin(traded, move, impact, sessions, spread, crowd)


@pytest.mark.long
@settings(max_examples=500, suppress_health_check=SLOW)
@given(traded_worlds(), *TERMS)
def test_a_cascade_is_its_twin_at_length(
    traded: Traded, move: int, impact: Impact, sessions: int, spread: Spread, crowd: int
) -> None:
    check_against_twin(traded, move, impact, sessions, spread, crowd)


def check_deeper(traded: Traded, moves: list[int], impact: Impact, spread: Spread) -> None:
    """Without shorts, and lines that do not move, in one session: prices, debt called and bad debt."""
    deep, mild = (followed(traded, move, impact, sessions=1, spread=spread) for move in sorted(moves))
    assert (deep.after_milli <= mild.after_milli).all()
    assert deep.rounds[-1].called_debt_milli >= mild.rounds[-1].called_debt_milli
    assert deep.rounds[-1].shortfall_milli >= mild.rounds[-1].shortfall_milli
    event("prices differ by the sales" if (deep.after_milli < deep.shocked_milli).any() else "no price moved")


SHOCKS = st.lists(MOVES, min_size=2, max_size=2)


@settings(max_examples=15, suppress_health_check=SLOW)
@given(traded_worlds(plain=True), SHOCKS, st.sampled_from(MODELS), st.sampled_from(Spread))
def test_a_deeper_shock_never_ends_higher(traded: Traded, moves: list[int], impact: Impact, spread: Spread) -> None:
    check_deeper(traded, moves, impact, spread)


@pytest.mark.long
@settings(max_examples=500, suppress_health_check=SLOW)
@given(traded_worlds(plain=True), SHOCKS, st.sampled_from(MODELS), st.sampled_from(Spread))
def test_a_deeper_shock_never_ends_higher_at_length(
    traded: Traded, moves: list[int], impact: Impact, spread: Spread
) -> None:
    check_deeper(traded, moves, impact, spread)


@settings(max_examples=5, suppress_health_check=SLOW)
@given(traded_worlds(), MOVES, st.sampled_from(MODELS), st.randoms(use_true_random=False))
def test_the_order_of_the_accounts_makes_no_difference(traded: Traded, move: int, impact: Impact, random: Any) -> None:
    mixed = list(traded.world.accounts)
    random.shuffle(mixed)
    found = followed(traded, move, impact)
    other = followed(replace(traded, world=replace(traded.world, accounts=tuple(mixed))), move, impact)
    assert (found.rounds, found.sessions) == (other.rounds, other.sessions)
    assert found.after_milli.tolist() == other.after_milli.tolist()
