"""The merge of two policies is the same in either order, changes nothing the second time, and never loosens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import time
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongheng.account.policy import (
    CallRules,
    Concentration,
    ConcentrationCheck,
    CuredBy,
    Deadline,
    DebtPart,
    Interest,
    LimitRow,
    LimitTable,
    Lines,
    LiquidationOrder,
    MarginRatios,
    MovingLines,
    MovingRow,
    OverLimit,
    Policy,
    RowBy,
    Scope,
    Step,
    StopAt,
    deadlines_under,
    tightest,
)
from rongheng.account.policy.policy import LossNetting, RatioMethod, ShareBasis, Valuation
from rongheng.basics.account_tables import LINES, Board, Business, Kind
from rongheng.basics.errors import RuleError
from tests.account.policy.layers import (
    AFTERNOON,
    BY_CLASS,
    CLASSES,
    CLIENTS,
    CODES,
    DAYS,
    GROUPS,
    HAIRCUTS,
    LISTED,
    LISTS,
    PARTS,
    PERMISSIONS,
    blank,
    figured,
    gravest,
    haircut,
    lined,
    lines_at,
    lists,
    ratio_at,
    timed,
    worded,
)

CONTRACTS = [(day, kind, cl, c, s) for day in DAYS for kind in Kind for cl in CLIENTS for c in CLASSES for s in CODES]
SHARES = (0, 2_000, 2_001, 4_000, 4_001, 7_000, 7_001, 10_000)


def told(policy: Policy) -> dict[str, Any]:
    """Everything that a policy decides, in a form that can be compared; its name and the order of rows left out."""
    said = {name: getattr(policy, name) for name in Policy.__dataclass_fields__ if name not in (*LISTS, "name")}
    said |= {name: None if (f := getattr(policy, name)) is None else {tuple(r) for r in f.rows()} for name in LISTS}
    said["margin_ratios"] = [ratio_at(policy, *contract) for contract in CONTRACTS]
    said["applied"] = policy.margin_ratios.applied_to_existing
    table = policy.moving_lines
    if table is not None:
        rows = [lines_at(policy, 0, share) for share in SHARES]
        said["moving_lines"] = (table.wake_bp, table.basis, table.measured_at, rows)
    return said


@given(st.one_of(*PARTS))
def test_a_policy_merged_with_itself_is_itself(policy: Policy) -> None:
    merged = tightest(policy, policy, name=policy.name)
    assert told(tightest(merged, policy, name="again")) == told(merged)
    assert told(merged) == told(policy)


@given(st.one_of(*(st.tuples(part, part) for part in PARTS)))
def test_the_order_of_the_layers_does_not_matter(pair: tuple[Policy, Policy]) -> None:
    first, second = pair
    assert told(tightest(first, second, name="x")) == told(tightest(second, first, name="x"))


@given(st.one_of(*(st.tuples(part, part, part) for part in PARTS if part is not lists)))
def test_nor_does_it_matter_which_two_of_three_layers_are_merged_first(three: tuple[Policy, Policy, Policy]) -> None:
    a, b, c = three
    # Lists are left out: which part of the haircuts a list displaces depends on who has one, and only the broker has.
    left = tightest(tightest(a, b, name="x"), c, name="x")
    right = tightest(a, tightest(b, c, name="x"), name="x")
    assert told(left) == told(right)


@given(figured, figured)
def test_each_figure_of_the_merge_is_the_tighter_of_the_two(first: Policy, second: Policy) -> None:
    merged, both = tightest(first, second, name="x"), (first, second)
    assert merged.withdrawal_line_bp == max(policy.withdrawal_line_bp for policy in both)
    assert merged.sale_cost_ppm == max(policy.sale_cost_ppm for policy in both)
    assert (merged.restore_target_bp or 0) == max(policy.restore_target_bp or 0 for policy in both)
    for board in Board:
        coefficients = [policy.board_coefficients_bp.get(board, 10_000) for policy in both]
        assert merged.board_coefficients_bp.get(board, 10_000) == min(coefficients)
    by_coefficient = [policy.ratio_method is RatioMethod.COEFFICIENT for policy in both]
    assert (merged.ratio_method is RatioMethod.COEFFICIENT) == any(by_coefficient)
    for contract in CONTRACTS:
        assert ratio_at(merged, *contract) == max(ratio_at(policy, *contract) for policy in both)


@given(lined(), lined())
def test_a_fixed_line_is_the_higher_of_the_two_or_raised_to_a_graver_one(first: Policy, second: Policy) -> None:
    merged, both = tightest(first, second, name="x"), (first, second)
    for place, name in enumerate(LINES):
        graver = [getattr(policy.lines, f"{other}_bp") or 0 for policy in both for other in LINES[place:]]
        stated = [getattr(policy.lines, f"{name}_bp") for policy in both]
        assert getattr(merged.lines, f"{name}_bp") == (max(graver) if any(stated) else None)


@given(lined(), lined(), st.integers(10_001, 25_000), st.sampled_from(SHARES))
def test_no_account_is_under_a_milder_line_after_the_merge(a: Policy, b: Policy, ratio_bp: int, share_bp: int) -> None:
    merged = tightest(a, b, name="x")
    for layer in (a, b):
        assert gravest(merged, ratio_bp, share_bp) >= gravest(layer, ratio_bp, share_bp)
        assert lines_at(merged, ratio_bp, share_bp)[1] >= lines_at(layer, ratio_bp, share_bp)[1]
        if layer.moving_lines:
            assert merged.moving_lines is not None
            assert merged.moving_lines.wake_bp >= layer.moving_lines.wake_bp
            assert merged.moving_lines.measured_at == (
                layer.moving_lines.measured_at or merged.moving_lines.measured_at
            )
            if layer.moving_lines.basis is ShareBasis.GROSS:
                assert merged.moving_lines.basis is ShareBasis.GROSS


@given(timed, timed)
def test_no_published_deadline_is_later_and_no_target_lower(first: Policy, second: Policy) -> None:
    merged = tightest(first, second, name="x")
    cases = [(line, held) for line in LINES for held in PERMISSIONS]
    for layer in (first, second):
        published = [row for row in layer.deadlines if row.is_published]
        for line, permissions in cases:
            for bound in deadlines_under(published, line, permissions)[:1]:
                assert deadlines_under(merged.deadlines, line, permissions)[0].order <= bound.order
        for state, target in layer.restore_targets_bp.items():
            assert merged.restore_targets_bp[state] >= target
    assert {row.order for row in merged.deadlines} <= {
        row.order for layer in (first, second) for row in layer.deadlines
    }
    for is_published in (True, False):
        mine, one, other = ({*_cited(layer, is_published=is_published)} for layer in (merged, first, second))
        assert mine == one | other if is_published else mine <= one | other


def _cited(policy: Policy, *, is_published: bool) -> Iterator[str]:
    for row in policy.deadlines:
        if row.is_published is is_published:
            yield from (f"{row.line} {sorted(row.permissions)} {rule}" for rule in row.cites.split(", "))


@given(worded, worded)
def test_a_word_is_the_stricter_of_those_that_are_stated(first: Policy, second: Policy) -> None:
    merged = tightest(first, second, name="x")
    for term, strict in STRICT.items():
        stated = [layer for layer in (first, second) if term not in layer.unpublished] or [first, second]
        assert strict(merged) == any(strict(layer) for layer in stated), term
    stated = [layer for layer in (first, second) if "interest" not in layer.unpublished] or [first, second]
    assert merged.interest == Interest(
        basis_days=min(layer.interest.basis_days for layer in stated),
        last_day_out=all(layer.interest.last_day_out for layer in stated),
        overdue_ppm_a_day=max(layer.interest.overdue_ppm_a_day for layer in stated),
    )


# What the stricter answer of each word is.
STRICT: dict[str, Callable[[Policy], bool]] = {
    "loss_netting": lambda policy: policy.loss_netting is LossNetting.CONTRACT,
    "existing_contracts": lambda policy: not policy.margin_ratios.applied_to_existing,
    "liquidation": lambda policy: policy.liquidation.stop_at is StopAt.DEBT_REPAID,
    "short_cover": lambda policy: not policy.may_cover_with_financed,
}


@given(worded, worded)
def test_the_rules_of_calls_are_the_stricter_ones(first: Policy, second: Policy) -> None:
    merged = tightest(first, second, name="x").calls
    for calls in (layer.calls for layer in (first, second) if "calls" not in layer.unpublished):
        assert calls.cured_by is CuredBy.RATIO or merged.cured_by is CuredBy.PAYMENT
        assert merged.intraday >= calls.intraday
        assert merged.second_person >= calls.second_person
        assert merged.mark_at_most_sessions <= calls.mark_at_most_sessions
        assert merged.maturity_notice_sessions >= calls.maturity_notice_sessions
        assert (merged.roll_over_ratio_bp or 0) >= (calls.roll_over_ratio_bp or 0)
        for name in ("roll_over_largest_share_bp", "roll_overs"):
            assert _ceiling(getattr(merged, name)) <= _ceiling(getattr(calls, name))


def _ceiling(value: int | None) -> float:
    return float("inf") if value is None else value


@given(worded, worded)
def test_only_what_neither_states_stays_unpublished_and_both_are_cited(first: Policy, second: Policy) -> None:
    merged = tightest(first, second, name="x")
    gone = {term for layer in (first, second) for term in ("unnamed",) if term in layer.unpublished}
    assert {*merged.unpublished} == ({*first.unpublished} & {*second.unpublished}) | gone
    for term in ("lines", "interest"):
        pairs = ((first, second), (second, first))
        holds = [a for a, b in pairs if term not in a.unpublished or term in b.unpublished]
        cited = {layer.cites[term] for layer in holds if term in layer.cites}
        assert {*merged.cites.get(term, "").split(", ")} - {""} == cited


@given(lists, lists)
def test_a_haircut_is_never_above_that_of_either_and_a_group_never_milder(first: Policy, second: Policy) -> None:
    merged = tightest(first, second, name="x")
    for layer in (first, second):
        for code, class_, group in ((c, k, g) for c in CODES for k in CLASSES for g in GROUPS):
            assert haircut(merged, code, class_, group) <= haircut(layer, code, class_, group)
        if layer.groups is not None:
            assert merged.groups is not None
            mine = dict(merged.groups.rows())
            assert all(mine[code] >= group for code, group in layer.groups.rows())


def limited(limit_bp: int, **terms: Any) -> Concentration:
    check = ConcentrationCheck(False, RowBy.LARGER, frozenset({Business.ROLL_OVER}))
    table = LimitTable((LimitRow(Scope.SECURITY, limit_bp),), cites=f"broker.{limit_bp}.concentration_limits")
    return replace(Concentration(frozenset({table}), check), **terms)


MEASURED = MovingLines(20_000, (MovingRow(10_000, Lines()),), measured_at=AFTERNOON)
HIGHER = ((DAYS[0], 12_000),)
RATIOS = MarginRatios(HIGHER, HIGHER, HIGHER, applied_to_existing=True)
# For each term a value that no default has; a term that is forgotten in the merge comes out as its default.
SAID: dict[str, Any] = {
    "withdrawal_line_bp": 31_000,
    "margin_ratios": RATIOS,
    "lines": Lines(liquidation_bp=13_000),
    "moving_lines": replace(MEASURED, basis=ShareBasis.GROSS),
    "restore_target_bp": 14_000,
    "deadlines": (Deadline("call", within_sessions=1),),
    "liquidation": LiquidationOrder(steps=(Step.OTHER_COLLATERAL,), stop_at=StopAt.DEBT_REPAID),
    "repayment": (DebtPart.PRINCIPAL, DebtPart.INTEREST, DebtPart.FEES),
    "calls": CallRules(CuredBy.PAYMENT, second_person=True),
    "concentration": limited(5_000, over_limit=OverLimit(2_000, Fraction(300), negative_counts=True)),
    "may_cover_with_financed": True,
    "sale_cost_ppm": 510,
    "interest": Interest(365, last_day_out=True, overdue_ppm_a_day=1),
    "loss_netting": LossNetting.SECURITY,
    "ratio_method": RatioMethod.COEFFICIENT,
    "board_coefficients_bp": {Board.STAR: 8_000},
    "haircuts": pl.DataFrame([(CODES[0], 5_000)], schema=HAIRCUTS, orient="row"),
    "haircuts_by_class": pl.DataFrame([("etf", None, 5_000)], schema=BY_CLASS, orient="row"),
    "haircut_ceilings": pl.DataFrame([("etf", "A", 5_000)], schema=BY_CLASS, orient="row"),
    "groups": pl.DataFrame([(CODES[0], "B")], schema=LISTED, orient="row"),
    "valuation": Valuation.INDEX,
    "cites": {"lines": "broker.a.lines"},
    "unpublished": ("interest",),
}


@pytest.mark.parametrize("name", [field.name for field in fields(Policy) if field.name != "name"])
def test_no_term_is_forgotten(name: str) -> None:
    policy = blank(**{name: SAID[name]})
    assert told(policy)[name] != told(blank())[name]
    assert told(tightest(policy, policy, name="x"))[name] == told(policy)[name]


def test_a_term_that_one_leaves_unpublished_is_the_others() -> None:
    first = blank(unpublished=("loss_netting", "interest"))
    second = blank(loss_netting=LossNetting.SECURITY, interest=Interest(365))
    merged = tightest(first, second, name="x")
    assert (merged.loss_netting, merged.interest) == (LossNetting.SECURITY, Interest(365))


@pytest.mark.parametrize(
    "other",
    [
        {"valuation": Valuation.INDEX},
        {"liquidation": LiquidationOrder(steps=(Step.FREE_CASH,))},
        {"repayment": (DebtPart.PRINCIPAL, DebtPart.INTEREST)},
        {"moving_lines": replace(MEASURED, measured_at=time(15, 0))},
        {"concentration": limited(5_000, check=ConcentrationCheck(False, RowBy.DEBT, frozenset()))},
    ],
)
def test_two_ways_of_which_neither_is_tighter_cannot_be_merged(other: dict[str, Any]) -> None:
    first = blank(moving_lines=MEASURED, concentration=limited(5_000))
    with pytest.raises(RuleError, match=r"neither\s+is\s+tighter"):
        tightest(first, replace(first, **other), name="x")


def test_what_stood_in_for_a_deadline_goes_when_the_other_policy_has_one() -> None:
    common = Deadline("liquidation", within_sessions=3, cites="practice.deadlines.press", is_published=False)
    broker = blank(deadlines=(common,), cites={"deadlines": common.cites})
    stated = Deadline("liquidation", within_sessions=5, cites="client.b.deadlines")
    target = Deadline("liquidation", restore_to_bp=15_000, cites="client.b.deadlines")
    merged = tightest(broker, replace(broker, deadlines=(stated,)), name="x")
    assert merged.deadlines == (stated,)
    assert merged.cites["deadlines"] == "client.b.deadlines"
    # a contract that only says the ratio leaves the clock to practice
    assert tightest(broker, replace(broker, deadlines=(target,)), name="x").deadlines == (target, common)


def test_a_table_that_wakes_earlier_keeps_its_fixed_lines_until_the_other_sleeps() -> None:
    # The first table wakes at 200 %; above that its fixed warning line of 220 % stands. The second wakes at 250 %.
    first = blank(lines=Lines(warning_bp=22_000), moving_lines=MovingLines(20_000, (_row(15_000),)))
    second = blank(lines=Lines(warning_bp=14_000), moving_lines=MovingLines(25_000, (_row(16_000),)))
    merged = tightest(first, second, name="x")
    assert lines_at(merged, 21_000, 0)[0].warning_bp == 22_000


def _row(warning_bp: int) -> MovingRow:
    return MovingRow(10_000, Lines(warning_bp=warning_bp))
