"""The front of a forced sale: which accounts, in which order, under which limits; and the plan that comes of it.

What lives here: :func:`liquidate` and :class:`Plan`. What does not: the arithmetic (``kernels.py``, ``settlement.py``),
carrying a plan out (``fill.py``), and whether an account is to be sold out at all (``account.calls``).

Accounts share the day's room in each security. The one with the lowest maintenance ratio is served first, equal ones
by id, so a plan does not depend on how a book is sorted or split.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.book.layout import spans, starts_of
from rongheng.account.liquidation.costs import Costs
from rongheng.account.liquidation.kernels import TRADE, AccountsIn, MarketIn, PlanOut, SalesIn, plan_accounts
from rongheng.account.liquidation.settlement import ASSETS, CASH, FROZEN, MONEY, SHORT, SIZE, UNTIL_PAID, Rates, Shorts
from rongheng.account.liquidation.venue import SaleTerms, Venue
from rongheng.account.marks import Marks
from rongheng.account.policy import Policy
from rongheng.account.policy.enforcement import Step, StopAt, WithinStep
from rongheng.account.policy.policy import RatioMethod
from rongheng.basics.errors import UsageError
from rongheng.basics.money import BP
from rongheng.rulebook import Rulebook

Int64 = NDArray[np.int64]
_LAST: Final = float("inf")


class SaleOrder(StrEnum):
    """What is sold first (平仓顺序)."""

    POLICY = "policy"  # the steps of each account's policy
    MOST_LIQUID = "most_liquid"
    LARGEST = "largest"
    LEAST_IMPACT = "least_impact"  # in proportion to turnover
    FINANCED_FIRST = "financed_first"
    LOSERS_FIRST = "losers_first"  # the largest loss in proportion to the cost; unknown costs last


class Outcome(StrEnum):
    """How an account stands after its plan."""

    REACHED = "reached"
    PAID = "paid"  # nothing is owed any more
    CARRIED = "carried"  # what the market does not take today goes on in the next session
    EXHAUSTED = "exhausted"  # there is nothing left to sell


@dataclass(frozen=True)
class Plan:
    """Forced sales by account, in the order of service.

    ``rows`` are the accounts' rows in the book; ``sold`` goes by ``place`` (of the book's positions) and ``left`` by
    ``short`` (of the book's contracts). ``before`` and ``after`` are states of the settlement.
    """

    marks: Marks
    venue: Venue
    costs: Costs
    terms: SaleTerms
    order: SaleOrder
    rows: Int64
    target_bp: Int64
    stops_at_target: NDArray[np.bool_]
    before: Int64
    after: Int64
    repaid_from_cash: Int64
    hopeless: NDArray[np.bool_]
    outcome: NDArray[np.uint8]
    sale_starts: Int64
    place: Int64
    available: Int64
    sold: Int64
    short_starts: Int64
    short: Int64
    left: Int64
    trades: pl.DataFrame  # columns TRADE of the kernels, in the order in which they are made

    @property
    def rates(self) -> Rates:
        """What trades cost, as the kernels take it."""
        return _rates(self.costs)

    @property
    def repaid(self) -> Int64:
        """Debt in money that each account repays, from cash and from sales together, in milli-yuan."""
        return self.before[:, MONEY] - self.after[:, MONEY]

    @property
    def without_limit(self) -> int:
        """How many sales no share of the turnover limits, since the average amount is not known."""
        sold = self.place[self.sold > 0]
        return int((self.venue.amount_milli[self.marks.book.layout.code[sold].astype(np.int64)] < 0).sum())

    @property
    def outcomes(self) -> list[Outcome]:
        """How each account stands after it."""
        kinds = list(Outcome)
        return [kinds[number] for number in self.outcome]


def liquidate(
    marks: Marks,
    accounts: Sequence[str] | Mapping[str, int | None],
    *,
    rulebook: Rulebook,
    order: SaleOrder = SaleOrder.POLICY,
    terms: SaleTerms | None = None,
) -> Plan:
    """Plan the forced sale of accounts (强制平仓方案): what goes, how much of it, in which order.

    Free cash repays first. Then shorts are bought back and securities sold as the policy orders it, each no further
    than the target needs: one lot less of the last sale would miss it. Sales repay debt in money; what is left of them
    buys back shorts. Where no sale can restore the target (A(1 − c) ≤ D) everything goes until the debt is paid.

    Parameters
    ----------
    accounts : ids; as a mapping with the ratio in basis points that each must be brought to, where it is not the mark's
    order : what is sold first; the policy's own order unless given
    terms : participation and price at which sales are planned

    Raises
    ------
    UsageError
        An account is unknown, owes nothing, has no target, or is judged by coefficients, for which no sale is defined.
    BookError
        An account could not be marked.

    Source
    ------
    practice 6.4 of the industry (no regulation says); exchange.order.lots; mof.stamp_duty; csdc.transfer_fee
    """
    terms = terms or SaleTerms()
    targets = dict(accounts) if isinstance(accounts, Mapping) else dict.fromkeys(accounts)
    rows, target = _served(marks, targets)
    policies = _policies(marks, rows)
    layout = marks.book.layout
    venue = Venue.of(marks.day, marks.book.securities, terms=terms, rulebook=rulebook)
    costs = Costs.on(marks.day.session, rulebook=rulebook)
    sale_starts, place = _in_order(marks, rows, policies, venue, order)
    short_starts, short = _shorts_of(marks, rows)
    state, proceeds = _states(marks, rows)
    before = state.copy()
    stops = np.array([policy.liquidation.stop_at is StopAt.RESTORE_TARGET for policy in policies], dtype=np.bool_)
    sales = _sales(marks, rows, sale_starts, place)
    shorts = _shorts(marks, rows, short_starts, short, venue)
    out = PlanOut(
        repaid=np.zeros(len(rows), dtype=np.int64),
        hopeless=np.zeros(len(rows), dtype=np.bool_),
        outcome=np.zeros(len(rows), dtype=np.uint8),
        sold=np.zeros(len(place), dtype=np.int64),
        left=layout.contract_quantity[short].copy(),
        trades=_room_for_trades(sale_starts, short_starts),
        trade_count=np.zeros(1, dtype=np.int64),
    )
    does = np.array([_does(policy) for policy in policies], dtype=np.bool_).reshape(-1, 3)
    accounts_in = AccountsIn(
        states=state,
        proceeds=proceeds,
        target=np.where(stops, target, UNTIL_PAID),
        uses_cash=does[:, 0].copy(),
        covers_first=does[:, 1].copy(),
        covers=does[:, 2].copy(),
        sale_ppm=np.full(len(rows), costs.sale_ppm, dtype=np.int64),
        spreads=np.full(len(rows), order is SaleOrder.LEAST_IMPACT, dtype=np.bool_),
    )
    market = MarketIn(
        price=venue.sell_price_milli,
        is_share=venue.is_share,
        least=venue.least,
        step=venue.step,
        room=venue.sell_room.copy(),
        amount=venue.amount_milli,
    )
    plan_accounts(accounts_in, sales, market, _rates(costs), shorts, out, *_workspace(len(short), len(place)))
    return Plan(
        marks=marks,
        venue=venue,
        costs=costs,
        terms=terms,
        order=order,
        rows=rows,
        target_bp=target,
        stops_at_target=stops,
        before=before,
        after=state,
        repaid_from_cash=out.repaid,
        hopeless=out.hopeless,
        outcome=out.outcome,
        sale_starts=sale_starts,
        place=place,
        available=sales.available,
        sold=out.sold,
        short_starts=short_starts,
        short=short,
        left=out.left,
        trades=pl.DataFrame(out.trades[: out.trade_count[0]], schema=list(TRADE)),
    )


def _room_for_trades(sale_starts: Int64, short_starts: Int64) -> Int64:
    """Return room for every trade: each sale twice, and each short before, between and after the sales."""
    sales, shorts = np.diff(sale_starts) * 2, np.diff(short_starts)
    return np.zeros((int((sales + shorts * (sales + 2)).sum()), len(TRADE)), dtype=np.int64)


def _served(marks: Marks, targets: Mapping[str, int | None]) -> tuple[Int64, Int64]:
    """Return the rows of the accounts and their targets, the lowest maintenance ratio first, equal ones by id."""
    debts, indebted = marks.debts, marks.book.layout.indebted
    found: list[tuple[int, int, int]] = []
    rows = marks.book.rows_of(list(targets))
    ranks = np.searchsorted(indebted, rows).tolist()
    for (name, wanted), row, rank in zip(targets.items(), rows.tolist(), ranks, strict=True):
        marks.require_marked(row)
        if rank == len(indebted) or indebted[rank] != row or debts.debt[rank] == 0:
            raise UsageError(f"Account {name} owes nothing; there is nothing to sell out. Leave it out.")
        target = int(debts.target[rank]) if wanted is None else wanted
        if target <= BP:
            raise UsageError(
                f"Account {name} has no ratio to be restored (found {target} bp); its policy names no warning line. "
                "Give a target above 100 %."
            )
        found.append((int(debts.ratio[rank]), row, target))
    found.sort()
    table = np.array(found, dtype=np.int64).reshape(-1, 3)
    return table[:, 1].copy(), table[:, 2].copy()


def _policies(marks: Marks, rows: Int64) -> list[Policy]:
    policies = []
    for row in rows:
        policy = marks.policies[marks.book.policies[marks.book.layout.policy[row]]]
        if policy.ratio_method is RatioMethod.COEFFICIENT:
            raise UsageError(
                f"Account {marks.book.accounts['account_id'][int(row)]} is under policy {policy.name}, whose ratio "
                "counts boards by coefficients; what a sale restores is not defined for it. Leave the account out."
            )
        policies.append(policy)
    return policies


def _does(policy: Policy) -> tuple[bool, bool, bool]:
    """Return whether a policy repays from cash, covers shorts before it sells, and covers shorts at all."""
    steps = policy.liquidation.steps
    covers = Step.COVER_SHORTS in steps
    sells = [steps.index(step) for step in (Step.FINANCED_SECURITIES, Step.OTHER_COLLATERAL) if step in steps]
    first = covers and steps.index(Step.COVER_SHORTS) < min(sells, default=len(steps))
    return Step.FREE_CASH in steps, first, covers


def _in_order(
    marks: Marks, rows: Int64, policies: Sequence[Policy], venue: Venue, order: SaleOrder
) -> tuple[Int64, Int64]:
    """Return the places of the positions that may be sold, account by account, in the order in which they go."""
    layout = marks.book.layout
    place = spans(layout.starts, rows)
    owner = np.repeat(np.arange(len(rows)), np.diff(layout.starts)[rows])
    code = layout.code[place].astype(np.int64)
    stage = _stages(marks, rows, policies, order, owner, code)
    keys = _keys(marks, rows, policies, venue, order, owner, place, code)
    goes = stage >= 0
    ranked = np.lexsort((code[goes], keys[goes], stage[goes], owner[goes]))
    counts = np.bincount(owner[goes], minlength=len(rows))
    return starts_of(counts), place[goes][ranked]


def _stages(
    marks: Marks, rows: Int64, policies: Sequence[Policy], order: SaleOrder, owner: Int64, code: Int64
) -> Int64:
    """Return the step in which each position goes; -1 where its policy does not sell it."""
    if order not in (SaleOrder.POLICY, SaleOrder.FINANCED_FIRST):
        return np.zeros(len(owner), dtype=np.int64)
    is_financed = np.isin(owner * 2**16 + code, _financed(marks, rows))
    if order is SaleOrder.FINANCED_FIRST:
        return np.where(is_financed, 0, 1)
    steps = np.array([[_place(policy, step) for step in _SALES] for policy in policies], dtype=np.int64).reshape(-1, 2)
    stages: Int64 = np.where(is_financed, steps[owner, 0], steps[owner, 1])
    return stages


_SALES: Final = (Step.FINANCED_SECURITIES, Step.OTHER_COLLATERAL)


def _place(policy: Policy, step: Step) -> int:
    steps = policy.liquidation.steps
    return steps.index(step) if step in steps else -1


def _financed(marks: Marks, rows: Int64) -> Int64:
    """Return owner × 2^16 + code of every security on which an account has an open financing contract."""
    layout = marks.book.layout
    starts, contract = _contracts_of(marks, rows)
    owner = np.repeat(np.arange(len(rows)), np.diff(starts))
    financing = ~layout.is_short[contract] & (layout.contract_quantity[contract] > 0)
    return owner[financing] * 2**16 + layout.contract_code[contract][financing].astype(np.int64)


def _keys(
    marks: Marks,
    rows: Int64,
    policies: Sequence[Policy],
    venue: Venue,
    order: SaleOrder,
    owner: Int64,
    place: Int64,
    code: Int64,
) -> NDArray[np.float64]:
    """Return what sorts positions within a step, the first to go lowest."""
    layout = marks.book.layout
    turnover = np.where(venue.amount_milli >= 0, -venue.amount_milli.astype(np.float64), _LAST)[code]
    quantity = layout.quantities_at(place)
    value = quantity.astype(np.float64) * _value_prices(marks, rows, owner, code)
    if order is SaleOrder.LARGEST:
        return -value
    if order is SaleOrder.LOSERS_FIRST:
        cost = layout.costs_at(place).astype(np.float64)
        return np.where(cost > 0, (value - cost) / np.maximum(cost, 1.0), _LAST)
    if order is not SaleOrder.POLICY:
        return turnover
    by_value = np.array([policy.liquidation.within_step is WithinStep.LARGEST for policy in policies], dtype=np.bool_)
    return np.where(by_value[owner], -value, turnover)


def _value_prices(marks: Marks, rows: Int64, owner: Int64, code: Int64) -> Int64:
    """Return what a share counts in the assets: today's price by the account's policy."""
    policy = marks.book.layout.policy[rows].astype(np.int64)[owner]
    price: Int64 = marks.terms.price_milli[policy * marks.terms.n_securities + code].astype(np.int64)
    return price


def _contracts_of(marks: Marks, rows: Int64) -> tuple[Int64, Int64]:
    """Return the contracts of these accounts, account by account, in the book's order."""
    layout = marks.book.layout
    ranks = np.searchsorted(layout.indebted, rows)
    return starts_of(np.diff(layout.contract_starts)[ranks]), spans(layout.contract_starts, ranks)


def _shorts_of(marks: Marks, rows: Int64) -> tuple[Int64, Int64]:
    starts, contract = _contracts_of(marks, rows)
    owner = np.repeat(np.arange(len(rows)), np.diff(starts))
    is_short = marks.book.layout.is_short[contract]
    return starts_of(np.bincount(owner[is_short], minlength=len(rows))), contract[is_short]


def _states(marks: Marks, rows: Int64) -> tuple[Int64, Int64]:
    """Return the state that each account starts from, and its cash from short sales."""
    layout, debts = marks.book.layout, marks.debts
    ranks = np.searchsorted(layout.indebted, rows)
    state = np.zeros((len(rows), SIZE), dtype=np.int64)
    state[:, ASSETS] = marks.holdings.assets[rows]
    state[:, SHORT] = debts.short[ranks]
    state[:, MONEY] = debts.debt[ranks] - debts.short[ranks]
    state[:, CASH] = layout.cash_milli[rows]
    state[:, FROZEN] = layout.frozen_cash_milli[rows]
    starts, contract = _contracts_of(marks, rows)
    owner = np.repeat(np.arange(len(rows)), np.diff(starts))
    is_short = layout.is_short[contract]
    proceeds = np.zeros(len(rows), dtype=np.int64)
    np.add.at(proceeds, owner[is_short], layout.amount_milli[contract[is_short]])
    return state, proceeds


def _sales(marks: Marks, rows: Int64, starts: Int64, place: Int64) -> SalesIn:
    layout = marks.book.layout
    owner = np.repeat(np.arange(len(rows)), np.diff(starts))
    code = layout.code[place].astype(np.int64)
    return SalesIn(
        starts=starts,
        code=code,
        quantity=layout.quantities_at(place),
        available=layout.available_at(place),
        value_price=_value_prices(marks, rows, owner, code),
    )


def _shorts(marks: Marks, rows: Int64, starts: Int64, short: Int64, venue: Venue) -> Shorts:
    layout = marks.book.layout
    owner = np.repeat(np.arange(len(rows)), np.diff(starts))
    code = layout.contract_code[short].astype(np.int64)
    return Shorts(
        starts=starts,
        code=code,
        quantity=layout.contract_quantity[short].copy(),
        value_price=_value_prices(marks, rows, owner, code),
        price=venue.buy_price_milli,
        is_share=venue.is_share,
        least=venue.least,
        step=venue.step,
        room=venue.buy_room.copy(),
    )


def _rates(costs: Costs) -> Rates:
    return Rates(costs.stamp_ppm, costs.transfer_ppm, costs.commission_ppm, costs.least_commission_milli)


def _workspace(shorts: int, sales: int) -> tuple[Int64, Int64, Int64, Int64]:
    return (
        np.zeros(SIZE, dtype=np.int64),
        np.zeros(SIZE, dtype=np.int64),
        np.zeros(shorts, dtype=np.int64),
        np.zeros(sales, dtype=np.int64),
    )
