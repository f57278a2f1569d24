"""Reverse stress: the fall that is found reaches, and none below it does."""

from __future__ import annotations

from fractions import Fraction

import pytest

from rongheng.account.marks import Marks
from rongheng.account.stress import Kind, Scenario, Step, stress
from rongheng.account.stress.reverse import Shock, Target, reverse
from rongheng.basics.account_tables import State
from rongheng.basics.errors import UsageError
from rongheng.basics.text import Text
from rongheng.rulebook import Rulebook

RULES = Rulebook.load()
LINE = 140  # percent: STAR is half of what each account holds, which moves the illustrative line there


DEBTS = [20_000_000 * 100 // (120 + number) for number in range(200)]  # milli-yuan, against 20,000 yuan each


def value(fall_bp: int) -> int:
    """1,000 shares at 10 yuan and 200 at 50 after a fall, each price to the fen, a half upwards."""
    fens = (max((price * (10_000 - fall_bp) + 5_000) // 10_000, 1) for price in (1_000, 5_000))
    return sum(quantity * fen * 10 for quantity, fen in zip((1_000, 200), fens, strict=True))


def called_share(fall_bp: int) -> Fraction:
    left = value(fall_bp) * 100
    return Fraction(sum(debt for debt in DEBTS if left < debt * LINE), sum(DEBTS))


def short(fall_bp: int) -> int:
    left = value(fall_bp)
    return sum(max(debt - left, 0) for debt in DEBTS)


def test_the_fall_is_the_smallest_of_all_basis_points(longs: Marks) -> None:
    """Every basis point below is tried here; two in five of the debt are to be under the line."""
    found = reverse(longs, Target(called_debt_bp=4_000), rulebook=RULES)
    expected = next(fall for fall in range(10_001) if called_share(fall) >= Fraction(4, 10))
    assert (found.fall_bp, found.is_steady, found.reaches) == (expected, True, (False, True))
    assert found.stressed.scenarios[1].name.en == f"every security -{expected / 100:.2f}%"


def test_a_loss_is_reached_at_its_last_milli_yuan_and_not_one_below(longs: Marks) -> None:
    loss = short(4_567)
    expected = next(fall for fall in range(10_001) if short(fall) >= loss)
    assert reverse(longs, Target(shortfall_milli=loss), rulebook=RULES).fall_bp == expected
    assert (reverse(longs, Target(shortfall_milli=loss + 1), rulebook=RULES).fall_bp or 0) > expected


def test_one_security_alone_reaches_what_a_scenario_of_it_reaches(longs: Marks) -> None:
    found = reverse(longs, Target(called_debt_bp=2_000), shock=Shock.parse("security=688001.SH"), rulebook=RULES)
    assert found.fall_bp is not None
    falls = [
        Scenario(f"s{fall}", Text("甲", "one"), (Step(Kind.SECURITY, {"688001.SH": -fall}),))
        for fall in (found.fall_bp - 1, found.fall_bp)
    ]
    totals = stress(longs, falls, rulebook=RULES).totals
    called = totals.debt[:, list(State).index(State.LIQUIDATION) :].sum(axis=1)
    assert called[0] * 5 < sum(DEBTS) <= called[1] * 5


def test_what_cannot_be_reached_is_said_with_the_worst_that_can_be(longs: Marks) -> None:
    found = reverse(longs, Target(shortfall_milli=10**15), rulebook=RULES)
    assert (found.fall_bp, found.reaches) == (None, (False,))
    assert found.stressed.totals.shortfall[0] == sum(DEBTS) - 200 * (1_000 + 200) * 10  # a fen a share is left


def test_what_is_reached_already_needs_no_fall(longs: Marks) -> None:
    found = reverse(longs, Target(called_debt_bp=1), rulebook=RULES)
    assert (found.fall_bp, found.reaches) == (0, (True,))


@pytest.mark.parametrize(
    ("ask", "shown"),
    [
        (Target, "needs one target"),
        (lambda: Target(called_debt_bp=1, shortfall_milli=1), "needs one target"),
        (lambda: Target(called_debt_bp=10_001), "expected more than 0% and at most 100%"),
        (lambda: Target(shortfall_milli=0), "expected more than 0"),
        (lambda: Shock.parse("everything"), "expected one of all, index, board=NAME"),
        (lambda: Shock.parse("security"), "expected one of all, index, board=NAME"),
        (lambda: Shock.parse("all=600000.SH"), "expected one of all, index, board=NAME"),
    ],
)
def test_what_makes_no_question_is_refused(ask: object, shown: str) -> None:
    assert callable(ask)
    with pytest.raises(UsageError, match=shown):
        ask()


def test_a_security_a_board_or_a_group_that_is_not_there_is_refused(longs: Marks) -> None:
    target = Target(called_debt_bp=1)
    with pytest.raises(UsageError, match=r"the reverse stress: found the security '600009.SH'"):
        reverse(longs, target, shock=Shock(Kind.SECURITY, "600009.SH"), rulebook=RULES)
    for shock, shown in ((Shock(Kind.BOARD, "stars"), "'star'"), (Shock(Kind.GROUP, "H"), "expected one of A, B")):
        with pytest.raises(UsageError, match=shown):
            reverse(longs, target, shock=shock, rulebook=RULES)
