"""A policy: everything that a broker's terms decide about an account's mark, already merged and checked.

What lives here: the shape of a policy and the checks that make it one. What does not: how documents merge into it
(``exchange.py``, ``broker.py``) and its columns for one session (``terms.py``).

Every default stated here is the definition's own, not a rule's number; what only a document can say has no default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, time
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType

import polars as pl

from rongheng.account.policy.concentration import Concentration
from rongheng.account.policy.enforcement import (
    DEFAULT_CALL_RULES,
    DEFAULT_ORDER,
    CallRules,
    Deadline,
    DebtPart,
    LiquidationOrder,
)
from rongheng.account.policy.gaps import Gap, gaps_of
from rongheng.basics.account_tables import GROUPS, Board, Kind
from rongheng.basics.errors import RuleError
from rongheng.basics.money import BP, LINE_LIMIT_BP, MARGIN_RATIO_LIMIT_BP, PPM, RATE_LIMIT_PPM
from rongheng.rulebook.formula import Formula

MAX_MOVING_ROWS = 15


class LossNetting(StrEnum):
    """Whether a floating loss counts in full for each contract or for each security's contracts together."""

    CONTRACT = "contract"
    SECURITY = "security"


class RatioMethod(StrEnum):
    """What stands above the fraction of the maintenance ratio."""

    EXCHANGE = "exchange"
    COEFFICIENT = "coefficient"  # cash and securities at their board's coefficient; other collateral is left out


class ShareBasis(StrEnum):
    """Whether shorts are taken off the share of STAR and ChiNext shares."""

    NET = "net"
    GROSS = "gross"


class Valuation(StrEnum):
    """What a suspended security is worth."""

    LAST = "last"
    INDEX = "index"  # the market day's value by the index method, else the last price
    GIVEN = "given"  # the market day's given value, else the last price


@dataclass(frozen=True, slots=True)
class Lines:
    """Maintenance lines in basis points, from the mildest to the gravest; ``None`` where there is no such line."""

    warning_bp: int | None = None
    call_bp: int | None = None
    liquidation_bp: int | None = None
    emergency_bp: int | None = None
    next_day_bp: int | None = None
    minimum_bp: int | None = None

    def in_order(self) -> list[tuple[str, int]]:
        """Return the lines that exist, the mildest first."""
        pairs = [(entry.name.removesuffix("_bp"), getattr(self, entry.name)) for entry in fields(self)]
        return [(name, line) for name, line in pairs if line is not None]


@dataclass(frozen=True, slots=True)
class MovingRow:
    """The lines for shares above the previous row's bound, up to ``upper_share_bp`` included."""

    upper_share_bp: int
    lines: Lines
    withdrawal_line_bp: int | None = None  # None: the policy's fixed one


@dataclass(frozen=True, slots=True)
class MovingLines:
    """Lines that move with the share of STAR and ChiNext shares, at a ratio up to ``wake_bp`` included."""

    wake_bp: int
    rows: tuple[MovingRow, ...]
    basis: ShareBasis = ShareBasis.NET
    measured_at: time | None = None  # of the session, and kept until then in the next one; None: at the close


@dataclass(frozen=True, slots=True)
class Interest:
    """How interest counts days: on the financed amount or the sale proceeds, first day in."""

    basis_days: int = 360
    last_day_out: bool = False
    overdue_ppm_a_day: int = 0  # on principal, on top of the contract's rate, from the due day


@dataclass(frozen=True, slots=True)
class BrokerRatios:
    """What a broker asks beyond the exchanges for contracts opened from ``first`` to before ``until``."""

    kind: Kind
    first: date
    until: date | None
    classes: frozenset[str]  # of securities; none: every one
    clients: frozenset[str]  # types of clients; none: every one
    securities: frozenset[str]  # none: every one
    ratio: Formula | int  # of the haircut, or basis points


@dataclass(frozen=True, slots=True)
class MarginRatios:
    """The margin ratio at opening, as steps (first session, basis points), ascending, by kind and kind of client."""

    financing: tuple[tuple[date, int], ...]
    short: tuple[tuple[date, int], ...]
    short_private_fund: tuple[tuple[date, int], ...]
    own: tuple[BrokerRatios, ...] = ()
    applied_to_existing: bool = False  # the lower ratio of September 2023 was agreed for what stood then


@dataclass(frozen=True)
class Policy:
    """One named policy. ``cites`` tells for each term which rule or document says it."""

    name: str
    withdrawal_line_bp: int
    margin_ratios: MarginRatios
    lines: Lines = Lines()
    moving_lines: MovingLines | None = None
    restore_target_bp: int | None = None  # None: today's warning line
    deadlines: tuple[Deadline, ...] = ()
    liquidation: LiquidationOrder = DEFAULT_ORDER
    repayment: tuple[DebtPart, ...] = tuple(DebtPart)  # what a payment pays first
    concentration: Concentration | None = None  # None: no limits are known
    calls: CallRules = DEFAULT_CALL_RULES
    may_cover_with_financed: bool = False  # a short may be covered with shares bought on financing
    sale_cost_ppm: int = 0
    interest: Interest = Interest()
    loss_netting: LossNetting = LossNetting.CONTRACT
    ratio_method: RatioMethod = RatioMethod.EXCHANGE
    board_coefficients_bp: Mapping[Board, int] = field(default_factory=lambda: MappingProxyType({}))
    haircuts: pl.DataFrame | None = None  # security, haircut_bp; off the list 0. None: the exchange's cap stands in
    haircuts_by_class: pl.DataFrame | None = None  # class, group (null: any), haircut_bp; where there is no list
    haircut_ceilings: pl.DataFrame | None = None  # class, group (null: any), haircut_bp; what no list may exceed
    groups: pl.DataFrame | None = None  # security, group
    valuation: Valuation = Valuation.LAST
    cites: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    unpublished: tuple[str, ...] = ()  # terms that were not published; ``gaps`` says what stands in for each

    def __post_init__(self) -> None:
        _check_lines(self)
        _check_moving_lines(self)
        _check_bounds(self)
        _check_lists(self)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """The terms that play a part and were not published, with what stands in for each (未公布的条款)."""
        return tuple(gaps_of(self))

    @property
    def restore_targets_bp(self) -> Mapping[str, int]:
        """The ratio to be restored from each state where a deadline says it; it goes before the general one."""
        targets: dict[str, int] = {}
        for row in self.deadlines:
            if row.restore_to_bp is not None:
                targets[row.line] = max(targets.get(row.line, 0), row.restore_to_bp)
        return MappingProxyType(targets)


def _refuse(policy: Policy, problem: str) -> None:
    raise RuleError(f"Policy {policy.name}: {problem}")


def _check_lines(policy: Policy) -> None:
    fixed = policy.withdrawal_line_bp
    rows = [(fixed, policy.lines)]
    if policy.moving_lines:
        rows += [(row.withdrawal_line_bp or fixed, row.lines) for row in policy.moving_lines.rows]
    for withdrawal, lines in rows:
        order = [("withdrawal", withdrawal), *lines.in_order()]
        for (milder, above), (graver, below) in pairwise(order):
            if below > above:
                _refuse(policy, f"the {graver} line {below} bp is above the {milder} line {above} bp. Swap them.")
        for name, line in order:
            if not BP < line <= LINE_LIMIT_BP:
                _refuse(policy, f"the {name} line is {line} bp; expected above {BP} and at most {LINE_LIMIT_BP}.")


def _check_moving_lines(policy: Policy) -> None:
    moving = policy.moving_lines
    if moving is None:
        return
    uppers = [row.upper_share_bp for row in moving.rows]
    if not uppers or len(uppers) > MAX_MOVING_ROWS or uppers[-1] != BP or sorted(set(uppers)) != uppers:
        _refuse(policy, f"the rows of moving lines end at {uppers}; expected rising bounds, the last one {BP}.")
    for milder, graver in pairwise(moving.rows):
        before, after = milder.lines.in_order(), graver.lines.in_order()
        if [name for name, _ in before] != [name for name, _ in after]:
            _refuse(policy, "the rows of moving lines name different lines. Give every row the same ones.")
        if any(later < earlier for (_, earlier), (_, later) in zip(before, after, strict=True)):
            _refuse(policy, "a line falls as the share rises; expected it to stay or rise. Check the rows' order.")
    if any(line >= moving.wake_bp for row in moving.rows for _, line in row.lines.in_order()):
        _refuse(policy, f"a moving line is not under the ratio {moving.wake_bp} bp at which the table wakes.")


def _check_bounds(policy: Policy) -> None:
    for target in (policy.restore_target_bp, *policy.restore_targets_bp.values()):
        if target is not None and not BP < target <= LINE_LIMIT_BP:
            _refuse(policy, f"a restore target is {target} bp; expected above {BP} and at most {LINE_LIMIT_BP}.")
    if not 0 <= policy.sale_cost_ppm < PPM:
        _refuse(policy, f"selling costs {policy.sale_cost_ppm} ppm; expected from 0 to under {PPM}.")
    if policy.interest.basis_days not in (360, 365):
        _refuse(policy, f"a year of interest has {policy.interest.basis_days} days; expected 360 or 365.")
    if not 0 <= policy.interest.overdue_ppm_a_day * policy.interest.basis_days <= RATE_LIMIT_PPM:
        _refuse(
            policy, f"the overdue rate is {policy.interest.overdue_ppm_a_day} ppm a day; expected under 100 % a year."
        )
    for board, coefficient in policy.board_coefficients_bp.items():
        if not 0 <= coefficient <= BP:
            _refuse(policy, f"the coefficient of {board} is {coefficient} bp; expected from 0 to {BP}.")
    ratios = policy.margin_ratios
    for steps in (ratios.financing, ratios.short, ratios.short_private_fund):
        if not steps or any(not 0 < ratio <= MARGIN_RATIO_LIMIT_BP for _, ratio in steps):
            _refuse(
                policy, f"margin ratios {steps}; expected at least one step, each up to {MARGIN_RATIO_LIMIT_BP} bp."
            )
        if [first for first, _ in steps] != sorted({first for first, _ in steps}):
            _refuse(policy, f"the steps of margin ratios are not in rising order of dates: {steps}.")


def _check_lists(policy: Policy) -> None:
    for name, frame, column in (("haircuts", policy.haircuts, "haircut_bp"), ("groups", policy.groups, "group")):
        if frame is None:
            continue
        if set(frame.columns) != {"security", column}:
            _refuse(policy, f"the list of {name} has the columns {frame.columns}; expected security and {column}.")
        twice = frame.filter(pl.col("security").is_duplicated())
        if twice.height:
            _refuse(policy, f"the list of {name} has {twice['security'][0]} twice. Keep one of them.")
    if policy.haircuts is not None and policy.haircuts.filter(~pl.col("haircut_bp").is_between(0, BP)).height:
        _refuse(policy, f"the list of haircuts has a value outside 0 to {BP} bp. Mend it.")
    if policy.groups is not None and policy.groups.filter(~pl.col("group").is_in(GROUPS)).height:
        _refuse(policy, f"the list of groups has a name that is none of {', '.join(GROUPS)}. Mend it.")
