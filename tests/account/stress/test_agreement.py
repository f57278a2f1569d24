"""A scenario is a full mark at its prices, to the last milli-yuan; prices are reckoned here in fractions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from importlib import import_module
from math import floor

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from rongheng.account.book import Book
from rongheng.account.marks import Marks, mark
from rongheng.account.policy import PolicySet
from rongheng.account.stress import Kind, Scenario, Step, Stressed, stress
from rongheng.account.stress.tables import clients_of
from rongheng.basics.account_tables import State
from rongheng.basics.market_day import MarketDay
from rongheng.basics.text import Text
from rongheng.rulebook import Rulebook
from tests.account.worlds import SESSION, World, worlds

RULES = Rulebook.load()
FORCED = [state.value for state in list(State)[list(State).index(State.LIQUIDATION) :]]
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


def scenario(*steps: Step) -> Scenario:
    return Scenario("s", Text("甲", "one"), steps)


def moved(price: int, move_bp: int, board: str) -> int:
    """A price after a move, rounded to the tick half up, at least a tick, never against its move."""
    tick = 1 if board in ("fund", "bond") else 10
    exact = Fraction(price * (10_000 + move_bp), 10_000)
    rounded = min(max(floor(exact / tick + Fraction(1, 2)) * tick, tick), 2**31 - 1)  # no price is higher
    if move_bp == 0:
        return price
    return min(rounded, price) if move_bp < 0 else max(rounded, price)


def at(world: World, moves: dict[str, int]) -> World:
    """The world at prices moved by board."""
    moved_securities = tuple(
        replace(one, price=moved(one.price, moves.get(one.board, 0), one.board)) for one in world.securities
    )
    return replace(world, securities=moved_securities)


def marked(world: World) -> Marks:
    return mark(world.book(), world.day(), world.policy_set())


def agrees(stressed: Stressed, number: int, expected: Marks, before: Marks) -> None:
    frame = expected.frame().filter(expected.frame()["account_id"].is_in(before.frame()["account_id"].to_list()))
    frame = frame.filter(frame["debt_milli"] > 0)
    totals = stressed.totals
    states = list(State)
    counted = {
        states[place].value: int(count) for place, count in enumerate(totals.accounts[number]) if place and count
    }
    assert counted == dict(frame["state"].cast(str).value_counts().iter_rows())
    assert totals.debt[number].sum() == frame["debt_milli"].sum()
    short = (frame["debt_milli"] - frame["assets_milli"]).clip(0)
    assert totals.shortfall[number] == short.sum()
    forced = frame.filter(frame["state"].cast(str).is_in(FORCED))
    assert totals.cash_needed[number] == forced["cash_to_cure_milli"].sum()
    exact = forced.filter(forced["curable"].is_not_null())
    if exact.height == forced.height:  # the definitions give no sale for the coefficient method
        event("sales compared" if forced.height else "nobody is sold out")
        sold = [
            row["securities_milli"] if row["curable"] is False else row["sale_to_cure_milli"]
            for row in exact.iter_rows(named=True)
        ]
        assert totals.sale[number] == sum(sold)


MOVES = st.one_of(st.integers(-10_000, 0), st.integers(-3_000, 3_000), st.sampled_from([0, -10_000, 20_000]))


@settings(max_examples=8, suppress_health_check=SLOW)
@given(worlds(most=8), st.lists(MOVES, min_size=1, max_size=3), MOVES, MOVES)
def test_each_scenario_is_a_mark_of_the_day_at_its_prices(
    world: World, uniform: list[int], star: int, main: int
) -> None:
    check_scenarios(world, uniform, star, main)


@pytest.mark.long
@settings(max_examples=200, suppress_health_check=SLOW)
@given(worlds(), st.lists(MOVES, min_size=1, max_size=3), MOVES, MOVES)
def test_each_scenario_is_a_mark_of_the_day_at_its_prices_at_length(
    world: World, uniform: list[int], star: int, main: int
) -> None:
    check_scenarios(world, uniform, star, main)


def check_scenarios(world: World, uniform: list[int], star: int, main: int) -> None:
    before = marked(world)
    by_board = Step(Kind.BOARD, {"star": star, "main": main})
    found = stress(before, [*map(Scenario.uniform, uniform), scenario(by_board)], rulebook=RULES)
    for number, move in enumerate(uniform):
        boards = {one.board for one in world.securities}
        agrees(found, number, marked(at(world, dict.fromkeys(boards, move))), before)
    agrees(found, len(uniform), marked(at(world, {"star": star, "main": main})), before)


@settings(max_examples=5, suppress_health_check=SLOW)
@given(worlds(most=8))
def test_a_move_of_nothing_changes_nothing(world: World) -> None:
    before = marked(world)
    nothing = [Scenario.uniform(0), scenario(Step(Kind.INDEX, {"": 0}), Step(Kind.BOARD, {"star": 0})), scenario()]
    found = stress(before, nothing, rulebook=RULES)
    for number in range(len(nothing)):
        agrees(found, number, before, before)


@settings(max_examples=10, suppress_health_check=SLOW)
@given(worlds(most=8), MOVES)
def test_the_sales_of_the_securities_are_those_of_the_accounts(world: World, move: int) -> None:
    """The parts are rounded up by less than two millionths, and each value down by less than a milli-yuan."""
    totals = stress(marked(world), [Scenario.uniform(move)], rulebook=RULES).totals
    spread, asked = int(totals.sales[:, 0].sum()), int(totals.sale[0])
    positions = sum(len(account.positions) for account in world.accounts)
    assert asked - positions <= spread <= asked + 2 * 10**14 * len(world.accounts) // 10**6
    assert (spread == 0) == (asked == 0) or asked <= positions


def test_every_client_that_is_short_has_a_row_with_his_own_shortfall(longs: Marks) -> None:
    """Each owes 20,000 / (1.2 + n / 100) yuan; after −30 % there are 14,000 against it, after −50 % 10,000."""
    debts = {f"A{number:03d}": 20_000_000 * 100 // (120 + number) for number in range(200)}
    rows = clients_of(longs).rows()
    expected = [
        (name, "illustrative", debt, max(debt - 14_000_000, 0), debt - 10_000_000)
        for name, debt in debts.items()
        if debt > 10_000_000
    ]
    assert rows == expected  # the largest debt comes first
    assert {row[3] > 0 for row in rows} == {True, False}


def test_what_is_suspended_is_worth_its_price_and_is_not_sold(longs: Marks) -> None:
    """After −20 % there are 8,000 yuan of each. Who can sell 688001.SH alone sells it all where that is not enough."""
    fall, halt = Step(Kind.ALL, {"": -2_000}), Step(Kind.SUSPENSION, {"600000.SH": 0})
    free, halted = scenario(fall), scenario(fall, halt)
    totals = stress(longs, [free, halted, scenario(fall)], rulebook=RULES).totals
    assert np.array_equal(totals.accounts[0], totals.accounts[1])
    assert np.array_equal(totals.debt[0], totals.debt[1])
    assert totals.cash_needed[0] == totals.cash_needed[1]
    assert totals.sales[0, 0] > 0
    assert totals.sales[0, 1] == 0  # 600000.SH
    assert totals.sales[1, 1] > totals.sales[1, 0]
    assert totals.sales[1, 1] <= 8_000_000 * 200
    alone = stress(longs, [free], rulebook=RULES).totals
    for name in ("sale", "not_curable", "cash_needed"):
        both = getattr(totals, name)
        assert both[0] == both[2] == getattr(alone, name)[0]
    day = longs.day.securities.with_columns(price_milli=pl.Series([8_000, 40_000], dtype=pl.Int64))
    then = mark(longs.book, MarketDay(longs.day.session, day), longs.policies).frame()
    called = then.filter(then["state"].cast(str).is_in(FORCED))
    needs = [
        row["sale_to_cure_milli"] if row["curable"] else 10**12
        for row in called.select("curable", "sale_to_cure_milli").iter_rows(named=True)
    ]
    assert {need <= 8_000_000 for need in needs} == {True, False}
    assert totals.sale[1] == sum(min(need, 8_000_000) for need in needs)
    assert totals.not_curable[1] == sum(need > 8_000_000 for need in needs)


def test_one_thread_and_two_give_the_same_bits(made: Marks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("rongheng.account.marks.mark"), "_SHARD", 50)
    assert len(made.book.layout.indebted) > 300
    scenarios = [Scenario.uniform(-move) for move in range(0, 10_000, 500)]
    one, two = (stress(made, scenarios, rulebook=RULES, threads=threads).totals for threads in (1, 2))
    for first, second in zip(one, two, strict=True):
        assert np.array_equal(first, second)


def test_a_deeper_fall_never_calls_fewer_accounts_of_a_book_without_shorts(longs: Marks) -> None:
    scenarios = [Scenario.uniform(-move) for move in range(0, 10_000, 100)]
    totals = stress(longs, scenarios, rulebook=RULES).totals
    forced = totals.accounts[:, list(State).index(State.LIQUIDATION) :].sum(axis=1)
    assert (np.diff(forced) >= 0).all()
    assert (np.diff(totals.shortfall) >= 0).all()
    assert forced[0] < forced[-1]


def test_shorts_are_netted_from_the_share_that_moves_the_lines() -> None:
    """60,000 yuan of one STAR share and 40,000 of the main board, 30,000 of another STAR share sold short, 63,000 owed.

    After −10 %: A = 30 + 90 = 120, D = 63 + 27 = 90, so 133.3 %. STAR is (54 − 27) / 120 = 22.5 %: the line is 130 %.
    Were the short not taken off, 45 % would move it to 140 %. After −15 %: 115 / 88.5 = 129.9 %, under either.
    """
    day = MarketDay(
        SESSION,
        pl.DataFrame(
            {
                "security": ["600000.SH", "688001.SH", "688002.SH"],
                "board": ["main", "star", "star"],
                "price_milli": [10_000, 10_000, 10_000],
                "haircut_cap_bp": 6_500,
            }
        ),
    )
    account = {"account_id": ["A"], "client_type": ["individual"], "policy": ["illustrative"]}
    positions = {"account_id": ["A", "A"], "security": ["600000.SH", "688001.SH"], "quantity": [4_000, 6_000]}
    short = {"contract_id": ["C"], "account_id": ["A"], "kind": ["short"], "security": ["688002.SH"]}
    terms = {"opened": [date(2026, 2, 2)], "due": [date(2026, 8, 1)], "rate_ppm": [0]}
    book = Book.of(
        pl.DataFrame(account | {"cash_milli": [30_000_000], "other_debt_milli": [63_000_000]}),
        pl.DataFrame(positions),
        pl.DataFrame({**short, **terms, "quantity": [3_000], "amount_milli": [30_000_000]}),
        session=SESSION,
    )
    marks = mark(book, day, PolicySet.load("illustrative", session=SESSION))
    totals = stress(marks, [Scenario.uniform(-1_000), Scenario.uniform(-1_500)], rulebook=RULES).totals
    called = totals.accounts[:, list(State).index(State.LIQUIDATION) :].sum(axis=1)
    assert called.tolist() == [0, 1]
    assert totals.debt.sum(axis=1).tolist() == [90_000_000, 88_500_000]
