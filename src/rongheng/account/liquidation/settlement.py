"""One account under forced sale, in exact integers: a sale, a repayment, a purchase that covers a short.

What lives here: compiled steps on the state of one account. What does not: the search for the least sale and the loop
over accounts (``kernels.py``).

The state is a row of six amounts in milli-yuan: assets, debt in money, debt in shares at today's price, cash, and the
cash that must not move (frozen). Money that comes in repays debt in money; when none is left and the account is still
short of its target it buys back what was sold short. The larger steps are called, not inlined: they are called from
several places, and each copy would be compiled anew. Every function takes the state it starts from and the one it
writes, so that a trial and the deed are one and the same.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rongheng.account.marks.arithmetic import ceil_div
from rongheng.basics.compiled import Int, inner, kernel
from rongheng.basics.money import BP, FEN, PPM

Int64 = NDArray[np.int64]
ASSETS, MONEY, SHORT, CASH, FROZEN, SIZE = 0, 1, 2, 3, 4, 5
UNTIL_PAID = 0  # a target: not a ratio, but no debt at all


class Rates(NamedTuple):
    """What trades cost, in parts per million of the amount; the least commission of an order in milli-yuan."""

    stamp: Int
    transfer: Int
    commission: Int
    least_commission: Int


class Shorts(NamedTuple):
    """The open shorts of the accounts, in the order in which they are covered."""

    starts: Int64  # by account
    code: Int64
    quantity: Int64  # that was owed before the forced sale
    value_price: Int64  # what one share is owed at
    price: Int64  # by code: what one share is bought at
    is_share: NDArray[np.bool_]  # by code
    least: Int64  # by code
    step: Int64
    room: Int64  # by code: shares that may still be bought today


@inner
def is_reached(state: Int64, target: Int) -> bool | np.bool_:
    """Say whether the ratio is at the target, or nothing is owed any more."""
    debt = state[MONEY] + state[SHORT]
    if debt == 0:
        return True
    return target != UNTIL_PAID and state[ASSETS] * BP >= debt * target


@inner
def charges_milli(amount: Int, is_sale: bool | np.bool_, is_share: bool | np.bool_, rates: Rates) -> Int:
    """Return what a trade costs, each charge rounded up to a whole fen."""
    cost = max(_fen(amount, rates.commission), rates.least_commission)
    if is_share:
        cost += _fen(amount, rates.transfer)
        if is_sale:
            cost += _fen(amount, rates.stamp)
    return np.int64(cost)


@inner
def _fen(amount: Int, ppm: Int) -> Int:
    return ceil_div(amount * ppm, PPM * FEN) * FEN


@inner
def repay_from_cash(state: Int64, spendable: Int, target: Int) -> Int:
    """Repay debt in money from free cash, no more than the target needs (definition 10); return what was repaid."""
    needed = state[MONEY]
    if target != UNTIL_PAID:
        lacking = (state[MONEY] + state[SHORT]) * target - state[ASSETS] * BP
        needed = ceil_div(max(lacking, 0), target - BP)
    paid = max(min(spendable, state[MONEY], needed), 0)
    state[ASSETS] -= paid
    state[MONEY] -= paid
    state[CASH] -= paid
    return np.int64(paid)


@kernel
def sell(
    state: Int64,
    after: Int64,
    left: Int64,
    left_after: Int64,
    quantity: Int,
    value_price: Int,
    price: Int,
    is_share: bool | np.bool_,
    account: Int,
    target: Int,
    rates: Rates,
    shorts: Shorts,
) -> None:
    """Sell so many shares, repay with what comes in, and cover shorts with what is left of it when that is needed."""
    amount = quantity * price
    proceeds = amount - charges_milli(amount, True, is_share, rates)
    repaid = max(min(proceeds, state[MONEY]), 0)
    after[ASSETS] = state[ASSETS] - quantity * value_price + proceeds - repaid
    after[MONEY] = state[MONEY] - repaid
    after[SHORT] = state[SHORT]
    after[CASH] = state[CASH] + proceeds - repaid
    after[FROZEN] = state[FROZEN]
    for i in range(shorts.starts[account], shorts.starts[account + 1]):
        left_after[i] = left[i]
    if after[MONEY] == 0:
        cover(after, left_after, account, target, rates, shorts)


@kernel
def cover(state: Int64, left: Int64, account: Int, target: Int, rates: Rates, shorts: Shorts) -> None:
    """Buy back what was sold short, contract by contract, as far as cash, room and the target say."""
    for i in range(shorts.starts[account], shorts.starts[account + 1]):
        if is_reached(state, target):
            return
        bought = _to_buy(state, min(left[i], _room(i, left, account, shorts)), i, target, rates, shorts)
        if bought > 0:
            paid = _paid(bought, shorts.code[i], rates, shorts)
            state[ASSETS] -= paid
            state[CASH] -= paid
            state[SHORT] -= bought * shorts.value_price[i]
            left[i] -= bought


@inner
def _room(contract: Int, left: Int64, account: Int, shorts: Shorts) -> Int:
    """Return how many shares may still be bought for a contract, after what the account itself has bought."""
    room = shorts.room[shorts.code[contract]]
    for other in range(shorts.starts[account], shorts.starts[account + 1]):
        if shorts.code[other] == shorts.code[contract]:
            room -= shorts.quantity[other] - left[other]
    return np.int64(room)


@kernel
def _to_buy(state: Int64, cap: Int, contract: Int, target: Int, rates: Rates, shorts: Shorts) -> Int:
    """Return the least purchase that reaches the target, or the largest that cash and ``cap`` allow."""
    code = shorts.code[contract]
    least, step = shorts.least[code], shorts.step[code]
    count = lots_in(cap, least, step)
    low, high = 0, count  # the largest that cash pays for
    while low < high:
        middle = (low + high + 1) // 2
        if _paid(nth_lot(middle, least, step), code, rates, shorts) <= state[CASH] - state[FROZEN]:
            low = middle
        else:
            high = middle - 1
    count, low = low, 1  # the least that reaches the target
    while low < count:
        middle = (low + count) // 2
        bought = nth_lot(middle, least, step)
        debt = state[MONEY] + state[SHORT] - bought * shorts.value_price[contract]
        assets = state[ASSETS] - _paid(bought, code, rates, shorts)
        if debt == 0 or (target != UNTIL_PAID and assets * BP >= debt * target):
            count = middle
        else:
            low = middle + 1
    return nth_lot(count, least, step)


@inner
def _paid(quantity: Int, code: Int, rates: Rates, shorts: Shorts) -> Int:
    amount = quantity * shorts.price[code]
    return np.int64(amount + charges_milli(amount, False, shorts.is_share[code], rates))


@inner
def lots_in(cap: Int, least: Int, step: Int) -> Int:
    """Return how many quantities an order may have up to ``cap``."""
    return 0 if cap < least else (cap - least) // step + 1


@inner
def nth_lot(number: Int, least: Int, step: Int) -> Int:
    """Return the ``number``-th quantity that an order may have, from 1; 0 for none."""
    return 0 if number == 0 else least + (number - 1) * step
