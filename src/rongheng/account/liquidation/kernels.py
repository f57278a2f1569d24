"""Forced sales of many accounts, one after another, in exact integers.

What lives here: the loop over accounts and the search for the least sale that reaches the target; arrays and integers
only. What does not: one account's steps (``settlement.py``), and what goes before and after (``plan.py``).

Accounts are served in the order in which they stand, because they share the day's room in each security; whoever calls
puts the account that is deepest under its target first, so that the plan does not depend on how a book is sorted.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rongheng.account.liquidation.settlement import (
    ASSETS,
    CASH,
    FROZEN,
    MONEY,
    SHORT,
    SIZE,
    UNTIL_PAID,
    Int64,
    Rates,
    Shorts,
    charges_milli,
    cover,
    is_reached,
    lots_in,
    nth_lot,
    repay_from_cash,
    sell,
)
from rongheng.basics.compiled import Int, inner, kernel
from rongheng.basics.money import BP, PPM

REACHED, PAID, CARRIED, EXHAUSTED = 0, 1, 2, 3  # how an account ends
FEES, INTEREST, PRINCIPAL = 0, 1, 2  # parts of a debt
TRADE = ("account", "is_purchase", "place", "quantity")  # of a trade; its place is a sale's or a short's


class AccountsIn(NamedTuple):
    """The accounts to be sold out, in the order in which they are served."""

    states: Int64  # [account, amount of the settlement's state]
    proceeds: Int64  # cash that came from short sales
    target: Int64  # basis points, or UNTIL_PAID
    uses_cash: NDArray[np.bool_]
    covers_first: NDArray[np.bool_]  # shorts before sales
    covers: NDArray[np.bool_]  # shorts at all
    sale_ppm: Int64  # what a sale costs about, for the test whether any sale can restore the target
    spreads: NDArray[np.bool_]  # sells in proportion to turnover (least impact) before it sells one after another


class SalesIn(NamedTuple):
    """What may be sold, account by account, in the order in which it goes."""

    starts: Int64
    code: Int64
    quantity: Int64  # all of it
    available: Int64  # what can be sold today
    value_price: Int64  # what a share counts in the assets


class MarketIn(NamedTuple):
    """Columns by security."""

    price: Int64
    is_share: NDArray[np.bool_]
    least: Int64
    step: Int64
    room: Int64  # shares that may still be sold today; falls as accounts are served
    amount: Int64  # average daily amount; below 0: not known


class PlanOut(NamedTuple):
    """What the plan is."""

    repaid: Int64  # by account: from free cash
    hopeless: NDArray[np.bool_]  # by account: no sale restores the target; everything goes until the debt is paid
    outcome: NDArray[np.uint8]
    sold: Int64  # by sale
    left: Int64  # by short: what is still owed
    trades: Int64  # [trade, of TRADE], in the order in which they are made
    trade_count: Int64  # of one element: how many there are


@kernel
def plan_accounts(
    accounts: AccountsIn,
    sales: SalesIn,
    market: MarketIn,
    rates: Rates,
    shorts: Shorts,
    out: PlanOut,
    state: Int64,
    trial: Int64,
    trial_left: Int64,
    share: Int64,
) -> None:
    """Plan every account and leave ``states`` as they end; ``state`` and what follows it are room to work in."""
    for account in range(len(accounts.target)):
        for place in range(SIZE):
            state[place] = accounts.states[account, place]
        target = accounts.target[account]
        if accounts.uses_cash[account]:
            free = state[CASH] - state[FROZEN] - accounts.proceeds[account]
            out.repaid[account] = repay_from_cash(state, free, target)
        if not is_reached(state, target):
            out.hopeless[account] = _is_hopeless(state, target, accounts.sale_ppm[account])
            if out.hopeless[account]:
                target = np.int64(UNTIL_PAID)
        if accounts.covers_first[account]:
            _cover_and_note(account, state, target, rates, shorts, out, trial_left)
        if accounts.spreads[account] and target != UNTIL_PAID:
            _spread(account, state, target, accounts, sales, market, rates, shorts, out, trial, trial_left, share)
        _sell_in_order(account, state, target, sales, market, rates, shorts, out, trial, trial_left)
        if accounts.covers[account]:
            _cover_and_note(account, state, target, rates, shorts, out, trial_left)
        for i in range(shorts.starts[account], shorts.starts[account + 1]):
            shorts.room[shorts.code[i]] -= shorts.quantity[i] - out.left[i]
        out.outcome[account] = _outcome(account, state, target, sales, out, shorts)
        for place in range(SIZE):
            accounts.states[account, place] = state[place]


@inner
def _is_hopeless(state: Int64, target: Int, cost: Int) -> bool | np.bool_:
    """Say whether no sale restores the target: A(1 − c) ≤ D, or T(1 − c) ≤ 1 (definition 10)."""
    lost = state[ASSETS] // PPM * cost + state[ASSETS] % PPM * cost // PPM
    if state[ASSETS] - state[MONEY] - state[SHORT] <= lost:
        return True
    return target != UNTIL_PAID and target * (PPM - cost) <= BP * PPM


@inner
def _cover_and_note(
    account: Int, state: Int64, target: Int, rates: Rates, shorts: Shorts, out: PlanOut, trial_left: Int64
) -> None:
    """Buy back shorts from the cash that is there."""
    for short in range(shorts.starts[account], shorts.starts[account + 1]):
        trial_left[short] = out.left[short]
    cover(state, trial_left, account, target, rates, shorts)
    _note_purchases(account, shorts, out, trial_left)


@inner
def _note_purchases(account: Int, shorts: Shorts, out: PlanOut, left: Int64) -> None:
    """Note what was bought: each contract that owes less now is an order of its own."""
    for short in range(shorts.starts[account], shorts.starts[account + 1]):
        if left[short] < out.left[short]:
            _note(account, 1, short, out.left[short] - left[short], out)
            out.left[short] = left[short]


@inner
def _note(account: Int, is_purchase: Int, place: Int, quantity: Int, out: PlanOut) -> None:
    number = out.trade_count[0]
    out.trades[number, 0] = account
    out.trades[number, 1] = is_purchase
    out.trades[number, 2] = place
    out.trades[number, 3] = quantity
    out.trade_count[0] = number + 1


@kernel
def _sell_in_order(
    account: Int,
    state: Int64,
    target: Int,
    sales: SalesIn,
    market: MarketIn,
    rates: Rates,
    shorts: Shorts,
    out: PlanOut,
    trial: Int64,
    trial_left: Int64,
) -> None:
    """Sell one security after another, each no further than the target needs."""
    for i in range(sales.starts[account], sales.starts[account + 1]):
        if is_reached(state, target):
            return
        _sell_least(account, i, sales.available[i], state, target, sales, market, rates, shorts, out, trial, trial_left)


@kernel
def _sell_least(
    account: Int,
    i: Int,
    cap: Int,
    state: Int64,
    target: Int,
    sales: SalesIn,
    market: MarketIn,
    rates: Rates,
    shorts: Shorts,
    out: PlanOut,
    trial: Int64,
    trial_left: Int64,
) -> None:
    """Sell the least quantity of one security that reaches the target, or all that ``cap`` and the market allow."""
    code = sales.code[i]
    remaining = sales.quantity[i] - out.sold[i]
    cap = min(cap, sales.available[i] - out.sold[i], market.room[code])
    least, step = market.least[code], market.step[code]
    regular = lots_in(cap, least, step)
    count = regular
    if 0 < cap == remaining and nth_lot(regular, least, step) < cap:
        count += 1  # the odd lot that remains goes with the rest, in one order
    low = 1
    while low < count:
        middle = (low + count) // 2
        quantity = cap if middle > regular else nth_lot(middle, least, step)
        _try(account, i, quantity, state, trial, target, sales, market, rates, shorts, out, trial_left)
        if is_reached(trial, target):
            count = middle
        else:
            low = middle + 1
    quantity = cap if count > regular else nth_lot(count, least, step)
    if quantity == 0:
        return
    _try(account, i, quantity, state, trial, target, sales, market, rates, shorts, out, trial_left)
    if not _helps(state, trial, target):
        return
    for place in range(SIZE):
        state[place] = trial[place]
    _note(account, 0, i, quantity, out)
    _note_purchases(account, shorts, out, trial_left)
    out.sold[i] += quantity
    market.room[code] -= quantity


@inner
def _try(
    account: Int,
    i: Int,
    quantity: Int,
    state: Int64,
    trial: Int64,
    target: Int,
    sales: SalesIn,
    market: MarketIn,
    rates: Rates,
    shorts: Shorts,
    out: PlanOut,
    trial_left: Int64,
) -> None:
    code = sales.code[i]
    price, value_price, is_share = market.price[code], sales.value_price[i], market.is_share[code]
    sell(state, trial, out.left, trial_left, quantity, value_price, price, is_share, account, target, rates, shorts)


@inner
def _helps(state: Int64, after: Int64, target: Int) -> bool | np.bool_:
    """Say whether a sale brings the account nearer to its target: what it lacks shrinks, or its debt does."""
    debt, debt_after = state[MONEY] + state[SHORT], after[MONEY] + after[SHORT]
    if target == UNTIL_PAID:
        return bool(debt_after < debt or after[CASH] > state[CASH])
    return bool(debt_after * target - after[ASSETS] * BP < debt * target - state[ASSETS] * BP)


@kernel
def _spread(
    account: Int,
    state: Int64,
    target: Int,
    accounts: AccountsIn,
    sales: SalesIn,
    market: MarketIn,
    rates: Rates,
    shorts: Shorts,
    out: PlanOut,
    trial: Int64,
    trial_left: Int64,
    share: Int64,
) -> None:
    """Sell in proportion to turnover, which is where the expected impact of a given amount is least.

    With an impact of v·√(v/turnover) for an amount v of one security, the marginal impacts are equal where v is a fixed
    share of the turnover, or all that can be sold. Lots are rounded down here; what is missing is sold in order after.
    """
    gain = target * (PPM - accounts.sale_ppm[account]) - BP * PPM
    if gain <= 0:
        return
    lacking = (state[MONEY] + state[SHORT]) * target - state[ASSETS] * BP
    needed = float(lacking) * float(PPM) / float(gain)
    first, last = sales.starts[account], sales.starts[account + 1]
    for i in range(first, last):
        share[i] = 0  # open: shares in proportion
    for _ in range(first, last):  # every round closes one security that is sold out
        turnover, rest = 0.0, needed
        for i in range(first, last):
            if share[i] == 0:
                turnover += float(max(market.amount[sales.code[i]], 0))
            else:
                rest -= float(_most(i, sales, market)) * float(market.price[sales.code[i]])
        closed = False
        for i in range(first, last):
            code = sales.code[i]
            most = float(_most(i, sales, market)) * float(market.price[code])
            if share[i] == 0 and turnover > 0 and rest / turnover * float(max(market.amount[code], 0)) > most:
                share[i] = 1
                closed = True
        if not closed:
            break
    for i in range(first, last):
        code = sales.code[i]
        quantity = _most(i, sales, market)
        if share[i] == 0:
            amount = rest / turnover * float(max(market.amount[code], 0)) if turnover > 0 else 0.0
            quantity = min(np.int64(amount / float(market.price[code])), quantity)
        _sell_least(account, i, quantity, state, target, sales, market, rates, shorts, out, trial, trial_left)


@inner
def _most(i: Int, sales: SalesIn, market: MarketIn) -> Int:
    return np.int64(min(sales.available[i], market.room[sales.code[i]]))


@inner
def _outcome(account: Int, state: Int64, target: Int, sales: SalesIn, out: PlanOut, shorts: Shorts) -> Int:
    if state[MONEY] + state[SHORT] == 0:
        return PAID
    if is_reached(state, target):
        return REACHED
    for i in range(sales.starts[account], sales.starts[account + 1]):
        if sales.quantity[i] > out.sold[i]:
            return CARRIED
    for short in range(shorts.starts[account], shorts.starts[account + 1]):
        if out.left[short] > 0 and state[CASH] > state[FROZEN]:
            return CARRIED
    return EXHAUSTED


@kernel
def allot_repayments(
    repaid: Int64, parts: Int64, fees: Int64, starts: Int64, contract: Int64, interest: Int64, principal: Int64
) -> None:
    """Allot what each account repaid to fees, interest and principal, in its own order, the oldest contract first.

    ``parts`` is [account, place in the order], of FEES, INTEREST, PRINCIPAL. ``contract`` lists each account's
    contracts from the oldest; the amounts are left as what is still owed.
    """
    for account in range(len(repaid)):
        rest = repaid[account]
        for place in range(parts.shape[1]):
            part = parts[account, place]
            if part == FEES:
                rest = _pay(rest, account, fees)
            for i in range(starts[account], starts[account + 1]):
                if part == INTEREST:
                    rest = _pay(rest, contract[i], interest)
                elif part == PRINCIPAL:
                    rest = _pay(rest, contract[i], principal)


@inner
def _pay(rest: Int, place: Int, owed: Int64) -> Int:
    paid = min(rest, owed[place])
    owed[place] -= paid
    return np.int64(rest - paid)


@kernel
def charges(amount: Int64, is_sale: NDArray[np.bool_], is_share: NDArray[np.bool_], rates: Rates, out: Int64) -> None:
    """Fill in what trades of these amounts cost."""
    for i in range(len(amount)):
        out[i] = charges_milli(amount[i], is_sale[i], is_share[i], rates)
