"""What an account has left for one order: what it holds and owes, less what its pending orders reserve.

What lives here: gathering for one account and one security. What does not: what an order uses (``uses.py``) and whether
that fits (``kernels.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rongheng.account.book.layout import WIDE
from rongheng.account.orders.checks import NONE
from rongheng.account.orders.columns import (
    BUY_TO_COVER,
    COLLATERAL_BUY,
    COLLATERAL_SALE,
    FINANCING_BUY,
    FULL,
    SHORT_SALE,
    TRANSFER_OUT,
    AccountsIn,
    DebtsIn,
    Int64,
    SecuritiesIn,
    TermsIn,
    WaitingIn,
)
from rongheng.account.orders.uses import Use, use_of_all
from rongheng.basics.compiled import Int, inner
from rongheng.basics.money import BP


class Held(NamedTuple):
    """What the account holds of the security, and what stands above its maintenance ratio."""

    quantity: Int
    held_back: Int
    cover: Int


class Owed(NamedTuple):
    """What the account owes, and of the security."""

    proceeds: Int
    financing: Int
    short: Int
    debt: Int
    ratio: Int
    row: Int
    financed: Int  # shares
    financed_today: Int
    shorted: Int
    returnable: Int
    overdue: Int


class Waiting(NamedTuple):
    """What pending orders of the account use, and what they mean for the security."""

    use: Use
    bought: Int  # on financing
    sold: Int  # as collateral
    shorted: Int
    unbounded: Int


class Room(NamedTuple):
    """What is left for one order; FULL where nothing bounds it."""

    margin: Int
    credit: Int
    cash: Int
    shares: Int
    own_sale: Int
    covering: Int
    lendable: Int
    returnable: Int
    owed: Int
    cover: Int
    financing: Int
    short: Int


@inner
def found(ascending: Int64, wanted: Int) -> Int:
    """Return the place of a number, or -1."""
    low, high = 0, len(ascending)
    while low < high:
        middle = (low + high) // 2
        if ascending[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low if low < len(ascending) and ascending[low] == wanted else -1


@inner
def shares_at(place: Int, accounts: AccountsIn) -> Int:
    """Return the quantity of a position."""
    shares = np.int64(accounts.quantity[place])
    return shares if shares != WIDE else accounts.wide_quantity[found(accounts.wide_at, place)]


@inner
def held_of(account: Int, code: Int, accounts: AccountsIn, terms: TermsIn, securities: SecuritiesIn) -> Held:
    """Return what the account holds of the security; with coefficients, the cover of everything that it holds."""
    policy = np.int64(accounts.policy[account])
    by_coefficient = terms.by_coefficient[policy]
    base = policy * terms.n_securities
    quantity: Int = np.int64(0)
    held_back: Int = np.int64(0)
    cover = (accounts.cash[account] if by_coefficient else accounts.assets[account]) * BP
    for i in range(accounts.starts[account], accounts.starts[account + 1]):
        own = np.int64(accounts.to_code[accounts.code[i]])
        if own != code and not by_coefficient:
            continue
        shares = shares_at(i, accounts)
        if own == code:
            quantity = shares
            place = found(accounts.held_back_at, i)
            held_back = accounts.held_back_quantity[place] if place >= 0 else np.int64(0)
        if by_coefficient:
            cover += shares * terms.price[base + own] * terms.coefficient[policy, np.int64(securities.board[own])]
    return Held(quantity, held_back, cover)


@inner
def owed_by(
    account: Int, code: Int, accounts: AccountsIn, debts: DebtsIn, securities: SecuritiesIn, today: Int
) -> Owed:
    """Return what the account owes; shorts opened up to the last day of the rule may be returned today."""
    none: Int = np.int64(0)
    rank = accounts.rank[account]
    if rank < 0:
        return Owed(none, none, none, none, np.int64(NONE), none, none, none, none, none, none)
    proceeds, financed, financed_today, shorted, returnable, overdue = none, none, none, none, none, none
    for i in range(debts.starts[rank], debts.starts[rank + 1]):
        overdue |= np.int64(debts.due[i] < today)
        mine = np.int64(np.int64(accounts.to_code[debts.code[i]]) == code)
        if debts.is_short[i]:
            proceeds += debts.amount[i]
            shorted += debts.quantity[i] * mine
            returnable += debts.quantity[i] * mine * np.int64(debts.opened[i] <= securities.last_return[code])
        else:
            financed += debts.quantity[i] * mine
            financed_today |= mine * np.int64(debts.opened[i] == today)
    return Owed(
        proceeds,
        debts.financing[rank],
        debts.short[rank],
        debts.debt[rank],
        debts.ratio[rank],
        np.int64(debts.row[rank]),
        financed,
        financed_today,
        shorted,
        returnable,
        overdue,
    )


@inner
def waiting_of(account: Int, code: Int, waiting: WaitingIn, used: Int64) -> Waiting:
    """Return what pending orders use and mean; ``used`` is room to work in, [N_USES]."""
    none: Int = np.int64(0)
    bought, sold, shorted, unbounded = none, none, none, none
    for i in range(waiting.starts[account], waiting.starts[account + 1]):
        business, mine = waiting.business[i], np.int64(waiting.code[i] == code)
        bought |= mine * np.int64(business == FINANCING_BUY)
        sold |= mine * np.int64(business == COLLATERAL_SALE)
        shorted |= mine * np.int64(business == SHORT_SALE)
        unbounded |= np.int64(waiting.unbounded[i])
    return Waiting(use_of_all(account, code, waiting, used), bought, sold, shorted, unbounded)


@inner
def room_of(
    account: Int,
    business: Int,
    code: Int,
    price: Int,
    held: Held,
    owed: Owed,
    used: Use,
    accounts: AccountsIn,
    terms: TermsIn,
    securities: SecuritiesIn,
) -> Room:
    """Return what is left for one order when all pending ones have what they reserve (``used``)."""
    policy, full = np.int64(accounts.policy[account]), np.int64(FULL)
    limit, line = accounts.credit_limit[account], terms.withdrawal[policy, owed.row]
    floor, lendable = securities.floor[code], securities.lendable[code]
    is_low = owed.shorted > 0 and floor > 0 and price < floor  # an order at market, 0, may be filled at any price
    free = held.quantity - owed.financed - used.shares
    shares = held.quantity - held.held_back - used.shares
    capital, short_capital = terms.net_capital[0], terms.net_capital[1]
    return Room(
        max(max(accounts.margin[account], -(FULL // BP)) * BP - used.margin, -FULL),
        limit - (owed.financing + owed.proceeds) - used.financing - used.short if limit != NONE else full,
        _cash(account, business, code, owed, used, accounts, securities),
        min(shares, free) if business == TRANSFER_OUT else shares,
        held.quantity - owed.shorted - used.shares if is_low else full,
        full if terms.may_cover[policy] else free,
        lendable if lendable != NONE else full,
        _returnable(business, code, owed.returnable - used.returned, securities),
        owed.debt - owed.short - used.repaid,
        max(held.cover - line * owed.debt, -FULL) - used.cover if owed.debt > 0 else full,
        capital - owed.financing - used.financing if capital != NONE else full,
        short_capital - owed.short - used.short if short_capital != NONE else full,
    )


@inner
def _cash(
    account: Int, business: Int, code: Int, owed: Owed, used: Use, accounts: AccountsIn, securities: SecuritiesIn
) -> Int:
    """Return the cash that may pay for the order: without short proceeds, but for what they may be used for."""
    whole: Int = accounts.cash[account] - accounts.frozen[account] - used.own_cash
    anything: Int = whole - used.any_cash
    if business == BUY_TO_COVER or (business == COLLATERAL_BUY and securities.for_proceeds[code]):
        return anything
    return min(whole - owed.proceeds, anything)


@inner
def _returnable(business: Int, code: Int, shares: Int, securities: SecuritiesIn) -> Int:
    """Return how many borrowed shares may go back; who buys them back may round up to a quantity that can be bought."""
    if business != BUY_TO_COVER or shares <= 0:
        return shares
    least, step = np.int64(securities.lot[code]), np.int64(securities.step[code])
    return least if shares <= least else shares + (least - shares) % step
