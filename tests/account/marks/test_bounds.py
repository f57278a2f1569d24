"""Every bound of an account: what stands just inside is marked exactly, what stands on it is a Problem."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product
from types import MappingProxyType

import pytest

from rongheng.account.policy import (
    Concentration,
    ConcentrationCheck,
    LimitRow,
    LimitTable,
    Lines,
    MovingLines,
    MovingRow,
    Policy,
    RowBy,
    Scope,
)
from rongheng.account.policy.policy import LossNetting, RatioMethod
from rongheng.basics.account_tables import Board
from rongheng.basics.money import AMOUNT_LIMIT_MILLI, LINE_LIMIT_BP, MARGIN_RATIO_LIMIT_BP
from rongheng.rulebook.bounds import Range
from tests.account.worlds import RATIOS, SESSION, Account, Contract, Security, World
from tests.reference.twin import NOT_CURABLE

LAST = AMOUNT_LIMIT_MILLI - 1
DEAR = 2**31 - 1  # the highest price
CODE = "688001.SH"
MARKET = (Security(CODE, 1, 10_000, 10_000, "star", "A"), Security("688002.SH", DEAR, 10_000, 9_999, "star", "G"))
HIGHEST = Lines(*([LINE_LIMIT_BP - 1] * 6))
LIMITS = Concentration(
    frozenset({LimitTable((LimitRow(Scope.SECURITY, 9_999), LimitRow(Scope.BOARD, 1), LimitRow(Scope.CLASS, 0)))}),
    ConcentrationCheck(False, RowBy.LARGER, frozenset()),
)
POLICY = Policy(
    "P",
    withdrawal_line_bp=LINE_LIMIT_BP,
    margin_ratios=RATIOS,
    lines=HIGHEST,
    restore_target_bp=LINE_LIMIT_BP,
    sale_cost_ppm=999_999,
    concentration=LIMITS,
)
MOVING = replace(
    POLICY,
    lines=Lines(liquidation_bp=10_001),
    moving_lines=MovingLines(
        LINE_LIMIT_BP,
        (MovingRow(5_000, Lines(liquidation_bp=10_002)), MovingRow(10_000, Lines(liquidation_bp=LINE_LIMIT_BP - 1))),
    ),
    sale_cost_ppm=0,
    restore_target_bp=10_001,
)
COEFFICIENT = replace(
    POLICY, ratio_method=RatioMethod.COEFFICIENT, board_coefficients_bp=MappingProxyType({Board.STAR: 9_999})
)
NETTING = replace(POLICY, loss_netting=LossNetting.SECURITY, restore_target_bp=None)


def _contract(kind: str, quantity: int, amount: int, *, code: str = CODE, interest: int = 0) -> Contract:
    # pinned at the highest ratio, opened on the day: no new interest
    return Contract(kind, code, quantity, amount, MARGIN_RATIO_LIMIT_BP, SESSION, date(2026, 9, 2), 1_000_000, interest)


def _account(cash: int = 0, other: int = 0, debt: int = 0, *contracts: Contract, **positions: int) -> Account:
    held = {{"narrow": CODE, "wide": CODE, "dear": "688002.SH"}[name]: quantity for name, quantity in positions.items()}
    return Account("individual", "P", cash, 0, other, debt, held, contracts, credit_limit=LAST)


WIDE = 10**12 - 1  # shares, the most of one position
HELD = {
    "cash": _account(LAST),
    "other collateral": _account(0, LAST),
    "a position of the most shares": _account(LAST - WIDE, wide=WIDE),
    "a position at the highest price": _account(LAST - 46_565 * DEAR, dear=46_565),
}
OWED = {
    "one milli-yuan": (1, ()),
    "other debt": (LAST, ()),
    "a financed amount": (0, (_contract("financing", 0, LAST),)),
    "a loss as large as an account": (0, (_contract("financing", 0, LAST - 1, interest=1),)),
    "a short of the most shares": (0, (_contract("short", WIDE, LAST),)),
    "a short at the highest price": (0, (_contract("short", 46_565, LAST, code="688002.SH"),)),
    "interest": (0, (_contract("financing", 0, 0, interest=LAST),)),
}


@pytest.mark.parametrize(
    "policy", [POLICY, MOVING, COEFFICIENT, NETTING], ids=["fixed", "moving", "coefficient", "net"]
)
def test_an_account_just_inside_every_bound_is_marked_as_the_exact_twin_does(policy: Policy) -> None:
    accounts = []
    for held, (debt, contracts) in product(HELD.values(), OWED.values()):
        accounts.append(replace(held, other_debt=debt, contracts=contracts))
    world = World(MARKET, (policy,), tuple(accounts), through=SESSION)
    marks = world.marks()
    assert marks.marked == len(accounts)
    for number, row in enumerate(marks.frame().iter_rows(named=True)):
        expected = world.expected(number)
        if expected["sale_to_cure_milli"] == NOT_CURABLE:
            expected["sale_to_cure_milli"] = None
        assert {name: row[name] for name in expected} == expected, (number, accounts[number])


@pytest.mark.parametrize(
    "account",
    [
        _account(LAST, 1),
        _account(LAST - WIDE + 1, wide=WIDE),
        _account(LAST - 46_565 * DEAR + 1, dear=46_565),
        _account(0, dear=2**31 - 1),
        _account(0, dear=WIDE),
        _account(0, 0, LAST, _contract("financing", 0, 1)),
        _account(0, 0, 0, _contract("short", WIDE, 0, code="688002.SH")),
        _account(0, 0, 0, _contract("short", 2**31 - 1, 0, code="688002.SH")),
        _account(0, 0, 0, _contract("short", 1, LAST), _contract("short", 1, 1)),
        _account(0, 0, 0, _contract("financing", 0, 0, interest=LAST), _contract("financing", 0, 0, interest=1)),
    ],
)
def test_an_account_on_a_bound_is_a_problem_and_its_neighbours_are_not(account: Account) -> None:
    neighbour = _account(1)
    marks = World(MARKET, (POLICY,), (neighbour, account, neighbour), through=SESSION).marks()
    assert marks.problems["problem"].to_list() == ["beyond_bounds"]
    assert marks.frame()["account_id"].to_list() == ["A-0000", "A-0002"]


def test_an_account_of_more_contracts_than_sums_can_hold_is_a_problem() -> None:
    many = tuple(_contract("short", 1, 1) for _ in range(2**16))
    within = World(MARKET, (POLICY,), (_account(10**6, 0, 0, *many[1:]),), through=SESSION).marks()
    assert within.frame()["short_debt_milli"].to_list() == [2**16 - 1]
    beyond = World(MARKET, (POLICY,), (_account(10**6, 0, 0, *many),), through=SESSION).marks()
    assert beyond.problems["problem"].to_list() == ["beyond_bounds"]


def test_limits_reach_to_the_bounds_of_a_range() -> None:
    highest = LimitRow(Scope.SECURITY, 0, ratio_bp=Range(LINE_LIMIT_BP, True, None, False))
    table = LimitTable((highest,))
    policy = replace(POLICY, concentration=replace(LIMITS, tables=frozenset({table})))
    debt = LAST * 10_000 // LINE_LIMIT_BP  # the ratio is a little above 900 %
    account = _account(LAST - 10, 0, debt, narrow=10)
    under = _account(LAST - 10, 0, debt + 1, narrow=10)
    marks = World(MARKET, (policy,), (account, under), through=SESSION).marks()
    assert marks.frame()["breaches"].to_list() == [1, 0]
