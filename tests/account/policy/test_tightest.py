"""The merge of two policies is the same in either order, changes nothing the second time, and never loosens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time
from types import MappingProxyType
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongheng.account.policy import (
    Deadline,
    DebtPart,
    Interest,
    Lines,
    LiquidationOrder,
    MarginRatios,
    MovingLines,
    MovingRow,
    Policy,
    Step,
    StopAt,
    deadlines_under,
    tightest,
)
from rongheng.account.policy.enforcement import tighter_deadlines
from rongheng.account.policy.policy import BrokerRatios, LossNetting, RatioMethod, ShareBasis, Valuation
from rongheng.basics.account_tables import LINES, Board, Kind
from rongheng.basics.errors import RuleError

DAYS = [date(2010, 3, 31), date(2015, 11, 23), date(2023, 9, 11), date(2026, 1, 19)]
CLASSES = ("index_share", "etf")
GROUPS = (None, "A", "B")
CODES = ("600000.SH", "600001.SH")
ALWAYS = ((DAYS[0], 10_000),)
STATED = ("interest", "loss_netting", "existing_contracts", "liquidation", "short_cover")
PERMISSIONS = (frozenset[str](), frozenset({"star"}), frozenset({"star", "bse"}))


@st.composite
def lines(draw: st.DrawFn, names: frozenset[str]) -> Lines:
    """Lines of these names, rising from the gravest to the mildest, all under 200 %."""
    values = sorted(draw(st.lists(st.integers(10_001, 19_999), min_size=len(names), max_size=len(names))))
    present = [name for name in reversed(LINES) if name in names]
    return Lines(**{f"{name}_bp": value for name, value in zip(present, values, strict=True)})


@st.composite
def moving(draw: st.DrawFn, names: frozenset[str]) -> MovingLines | None:
    if draw(st.booleans()):
        return None
    bounds = [*sorted(draw(st.sets(st.sampled_from([2_000, 4_000, 7_000]), max_size=2))), 10_000]
    rows: list[MovingRow] = []
    for bound in bounds:
        row = draw(lines(names))
        if rows:  # a row is never under the one before it
            pairs = ((name, getattr(row, name), getattr(rows[-1].lines, name)) for name in Lines.__slots__)
            row = Lines(**{name: None if a is None else max(a, b) for name, a, b in pairs})
        rows.append(MovingRow(bound, row, draw(st.none() | st.integers(30_000, 33_000))))
    return MovingLines(draw(st.integers(20_000, 22_000)), tuple(rows), draw(st.sampled_from(ShareBasis)))


def steps() -> st.SearchStrategy[tuple[tuple[date, int], ...]]:
    values = st.lists(st.sampled_from([5_000, 8_000, 10_000, 12_000]), min_size=4, max_size=4)
    return values.map(lambda ratios: tuple(zip(DAYS, ratios, strict=True)))


def by_class() -> st.SearchStrategy[pl.DataFrame | None]:
    cells = st.dictionaries(st.tuples(st.sampled_from(CLASSES), st.sampled_from(GROUPS)), st.integers(0, 9_500))
    schema = {"class": pl.String, "group": pl.String, "haircut_bp": pl.Int64}
    return st.none() | cells.map(
        lambda said: pl.DataFrame([(*cell, bp) for cell, bp in said.items()], schema=schema, orient="row")
    )


def listed() -> st.SearchStrategy[pl.DataFrame | None]:
    schema = {"security": pl.String, "haircut_bp": pl.Int64}
    haircuts = st.dictionaries(st.sampled_from(CODES), st.integers(0, 9_500))
    return st.none() | haircuts.map(lambda said: pl.DataFrame(list(said.items()), schema=schema, orient="row"))


own = st.builds(
    BrokerRatios,
    kind=st.sampled_from(Kind),
    first=st.sampled_from(DAYS),
    until=st.none(),
    classes=st.just(frozenset[str]()),
    clients=st.just(frozenset[str]()),
    securities=st.just(frozenset[str]()),
    ratio=st.sampled_from([11_000, 13_000]),
)


deadlines = st.builds(
    Deadline,
    line=st.sampled_from(["call", "liquidation", "next_day"]),
    permissions=st.sampled_from(PERMISSIONS),
    within_sessions=st.none() | st.integers(0, 3),
    by=st.sampled_from([None, time(11, 30), time(14, 0)]),
    restore_to_bp=st.none() | st.integers(13_000, 16_000),
    cites=st.sampled_from(["broker.one.deadlines", "broker.two.deadlines"]),
)
practice = st.builds(Deadline, line=st.just("liquidation"), within_sessions=st.just(3), is_published=st.just(False))


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    names = draw(st.frozensets(st.sampled_from(LINES)))
    fixed = draw(lines(names))
    table = draw(moving(names))
    return Policy(
        name=draw(st.sampled_from(["one", "two"])),
        withdrawal_line_bp=draw(st.integers(30_000, 33_000)),
        margin_ratios=MarginRatios(
            draw(steps()),
            draw(steps()),
            draw(steps()),
            tuple(dict.fromkeys(draw(st.lists(own, max_size=2)))),
            draw(st.booleans()),
        ),
        lines=fixed,
        moving_lines=table,
        restore_target_bp=draw(st.none() | st.integers(13_000, 16_000)),
        deadlines=tighter_deadlines(draw(st.lists(deadlines | practice, max_size=4)), ()),
        liquidation=LiquidationOrder(stop_at=draw(st.sampled_from(StopAt))),
        may_cover_with_financed=draw(st.booleans()),
        sale_cost_ppm=draw(st.integers(0, 2_000)),
        interest=draw(st.builds(Interest, st.sampled_from([360, 365]), st.booleans(), st.integers(0, 500))),
        loss_netting=draw(st.sampled_from(LossNetting)),
        ratio_method=draw(st.sampled_from(RatioMethod)),
        board_coefficients_bp=MappingProxyType(
            draw(st.dictionaries(st.sampled_from([Board.STAR, Board.CHINEXT]), st.integers(0, 10_000)))
        ),
        haircuts=draw(listed()),
        haircuts_by_class=draw(by_class()),
        haircut_ceilings=draw(by_class()),
        unpublished=tuple(sorted(draw(st.sets(st.sampled_from(STATED))))),
    )


FRAMES = ("haircuts", "haircuts_by_class", "haircut_ceilings")


def told(policy: Policy) -> dict[str, Any]:
    """Everything that a policy decides, in a form that can be compared; its name and the order of rows left out."""
    said = {name: getattr(policy, name) for name in Policy.__dataclass_fields__ if name not in (*FRAMES, "name")}
    said |= {name: None if (f := getattr(policy, name)) is None else {tuple(r) for r in f.rows()} for name in FRAMES}
    said["margin_ratios"] = [effective(policy, day, kind) for day in DAYS for kind in Kind]
    said["applied"] = policy.margin_ratios.applied_to_existing
    said["moving_lines"] = None if policy.moving_lines is None else [row(policy, share) for share in SHARES]
    return said


SHARES = (0, 2_000, 2_001, 4_000, 4_001, 7_000, 7_001, 10_000)


def row(policy: Policy, share: int) -> tuple[Lines, int]:
    """The lines that stand at a share of STAR and ChiNext, and the withdrawal line."""
    rows = policy.moving_lines.rows if policy.moving_lines else (MovingRow(10_000, policy.lines),)
    found = next(row for row in rows if share <= row.upper_share_bp)
    return found.lines, found.withdrawal_line_bp or policy.withdrawal_line_bp


def effective(policy: Policy, day: date, kind: Kind) -> int:
    ratios = policy.margin_ratios
    exchange = ratios.financing if kind is Kind.FINANCING else ratios.short
    asked = [term.ratio for term in ratios.own if term.kind is kind and term.first <= day]
    return max([ratio for first, ratio in exchange if first <= day][-1:] + [a for a in asked if isinstance(a, int)])


def haircut(policy: Policy, code: str, class_: str, group: str) -> int:
    """What a security of a class and a group counts for: list, else by class, and never above the ceiling."""

    def cell(frame: pl.DataFrame | None) -> int:
        cells: Mapping[Any, int] = {} if frame is None else {(c, g): bp for c, g, bp in frame.rows()}
        return cells.get((class_, group), cells.get((class_, None), 10_000))

    own = cell(policy.haircuts_by_class)
    if policy.haircuts is not None:
        own = dict(policy.haircuts.rows()).get(code, 0)
    return min(own, cell(policy.haircut_ceilings))


@given(policies())
def test_a_policy_merged_with_itself_is_itself(policy: Policy) -> None:
    merged = tightest(policy, policy, name=policy.name)
    assert told(tightest(merged, policy, name="again")) == told(merged)
    assert told(merged) == told(policy)


@given(policies(), policies())
def test_the_order_of_the_layers_does_not_matter(first: Policy, second: Policy) -> None:
    assert told(tightest(first, second, name="x")) == told(tightest(second, first, name="x"))


@given(policies(), policies(), policies())
def test_nor_does_it_matter_which_two_of_three_layers_are_merged_first(a: Policy, b: Policy, c: Policy) -> None:
    # Which part of the haircuts a list displaces depends on who has one, and only the broker has.
    a, b, c = (replace(policy, haircuts=None, haircut_ceilings=None) for policy in (a, b, c))
    left = tightest(tightest(a, b, name="x"), c, name="x")
    right = tightest(a, tightest(b, c, name="x"), name="x")
    assert told(left) == told(right)


@given(policies(), policies())
def test_the_merge_is_never_looser_than_either(first: Policy, second: Policy) -> None:
    merged = tightest(first, second, name="x")
    for layer in (first, second):
        assert merged.withdrawal_line_bp >= layer.withdrawal_line_bp
        assert merged.sale_cost_ppm >= layer.sale_cost_ppm
        assert (merged.restore_target_bp or 0) >= (layer.restore_target_bp or 0)
        assert all(merged.restore_targets_bp[state] >= bp for state, bp in layer.restore_targets_bp.items())
        assert_no_deadline_is_later(merged, layer)
        assert all(merged.board_coefficients_bp[board] <= bp for board, bp in layer.board_coefficients_bp.items())
        assert layer.ratio_method is RatioMethod.EXCHANGE or merged.ratio_method is RatioMethod.COEFFICIENT
        for kind in Kind:
            assert all(effective(merged, day, kind) >= effective(layer, day, kind) for day in DAYS)
        for share in SHARES:
            (mine, withdrawal), (bound, least) = row(merged, share), row(layer, share)
            assert withdrawal >= least
            assert all((getattr(mine, name) or 0) >= (getattr(bound, name) or 0) for name in Lines.__slots__)
        for code, class_, group in ((c, k, g) for c in CODES for k in CLASSES for g in ("A", "B")):
            assert haircut(merged, code, class_, group) <= haircut(layer, code, class_, group)
        assert_stated_terms_hold(merged, layer)


def assert_no_deadline_is_later(merged: Policy, layer: Policy) -> None:
    """No published clock of a layer runs longer in the merge, whatever line an account is under and may trade."""
    published = [row for row in layer.deadlines if row.is_published]
    for line, permissions in ((line, held) for line in LINES for held in PERMISSIONS):
        for bound in deadlines_under(published, line, permissions)[:1]:
            soonest = deadlines_under(merged.deadlines, line, permissions)[0]
            assert (soonest.within_sessions, soonest.by or time.max) <= (bound.within_sessions, bound.by or time.max)


def assert_stated_terms_hold(merged: Policy, layer: Policy) -> None:
    if "loss_netting" not in layer.unpublished:
        assert layer.loss_netting is LossNetting.SECURITY or merged.loss_netting is LossNetting.CONTRACT
    if "existing_contracts" not in layer.unpublished:
        assert layer.margin_ratios.applied_to_existing or not merged.margin_ratios.applied_to_existing
    if "interest" not in layer.unpublished:
        assert merged.interest.basis_days <= layer.interest.basis_days
        assert merged.interest.overdue_ppm_a_day >= layer.interest.overdue_ppm_a_day
        assert layer.interest.last_day_out or not merged.interest.last_day_out
    if "liquidation" not in layer.unpublished:
        assert layer.liquidation.stop_at is StopAt.RESTORE_TARGET or merged.liquidation.stop_at is StopAt.DEBT_REPAID
    if "short_cover" not in layer.unpublished:
        assert layer.may_cover_with_financed or not merged.may_cover_with_financed


def test_a_term_that_one_leaves_unpublished_is_the_others() -> None:
    ratios = MarginRatios(ALWAYS, ALWAYS, ALWAYS)
    first = Policy("a", withdrawal_line_bp=30_000, margin_ratios=ratios, unpublished=("loss_netting", "interest"))
    second = replace(first, loss_netting=LossNetting.SECURITY, interest=Interest(365), unpublished=())
    merged = tightest(first, second, name="x")
    assert (merged.loss_netting, merged.interest) == (LossNetting.SECURITY, Interest(365))


MEASURED = MovingLines(20_000, (MovingRow(10_000, Lines()),), measured_at=time(16, 0))


@pytest.mark.parametrize(
    "other",
    [
        {"valuation": Valuation.INDEX},
        {"liquidation": LiquidationOrder(steps=(Step.FREE_CASH,))},
        {"repayment": (DebtPart.PRINCIPAL, DebtPart.INTEREST)},
        {"moving_lines": replace(MEASURED, measured_at=time(15, 0))},
    ],
)
def test_two_ways_of_which_neither_is_tighter_cannot_be_merged(other: dict[str, Any]) -> None:
    ratios = MarginRatios(ALWAYS, ALWAYS, ALWAYS)
    first = Policy("a", withdrawal_line_bp=30_000, margin_ratios=ratios, moving_lines=MEASURED)
    with pytest.raises(RuleError, match=r"neither\s+is\s+tighter"):
        tightest(first, replace(first, **other), name="x")


def test_what_stood_in_for_a_deadline_goes_when_the_other_policy_has_one() -> None:
    ratios = MarginRatios(ALWAYS, ALWAYS, ALWAYS)
    common = Deadline("liquidation", within_sessions=3, cites="practice.deadlines.press", is_published=False)
    broker = Policy("a", withdrawal_line_bp=30_000, margin_ratios=ratios, deadlines=(common,))
    stated = Deadline("liquidation", within_sessions=5, cites="client.b.deadlines")
    target = Deadline("liquidation", restore_to_bp=15_000, cites="client.b.deadlines")
    assert tightest(broker, replace(broker, deadlines=(stated,)), name="x").deadlines == (stated,)
    # a contract that only says the ratio leaves the clock to practice
    assert tightest(broker, replace(broker, deadlines=(target,)), name="x").deadlines == (target, common)
