"""What an order uses of its account, and what a pending one reserves: one function for both.

What lives here: the arithmetic of ``practice.pending_orders``. What does not: what the account has (``rooms.py``).

An order is priced once, whatever its size: what it pays for a share, at which haircut and margin ratio. Its use is then
a few products of its size, so that the largest size can be searched with the very arithmetic that decides.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from rongheng.account.orders.columns import (
    BUY_TO_COVER,
    COLLATERAL_BUY,
    COLLATERAL_SALE,
    FINANCING_BUY,
    FULL,
    REPAY_CASH,
    RETURN_SHARES,
    SELL_TO_REPAY,
    SHORT_SALE,
    TRANSFER_OUT,
    WITHDRAWAL,
    AccountsIn,
    Int64,
    SecuritiesIn,
    TermsIn,
    WaitingIn,
)
from rongheng.basics.compiled import Int, inner, kernel
from rongheng.basics.money import AMOUNT_LIMIT_MILLI, BP, PPM


class Use(NamedTuple):
    """What an order uses, or what all pending ones do."""

    margin: Int  # × 10 000
    financing: Int
    short: Int
    own_cash: Int  # short proceeds may not pay for it
    any_cash: Int
    shares: Int  # of the security, which leave the account
    lent: Int
    returned: Int
    repaid: Int
    cover: Int  # × 10 000: what it takes off the numerator of the maintenance ratio
    value: Int  # that it adds to the security
    assets: Int  # that it adds to the account
    debt: Int


N_USES: Final = len(Use._fields)
VALUE: Final = Use._fields.index("value")
_OF_SECURITY: Final = tuple(name in ("shares", "lent", "returned", "value") for name in Use._fields)
_NONE: Final[Int] = np.int64(0)


class Pricing(NamedTuple):
    """What one share of an order comes to."""

    at: Int  # what a trade reserves: its limit price, or the upper limit of the day
    fee: Int  # parts per million of the amount
    ratio: Int  # of a new contract
    haircut: Int
    worth: Int  # the marked price
    counts: Int  # of the value in the numerator of the maintenance ratio
    from_proceeds: Int  # 1 where short proceeds may pay


@kernel
def reserve(
    account: Int64,
    business: Int64,
    code: Int64,
    size: Int64,
    price: Int64,
    accounts: AccountsIn,
    terms: TermsIn,
    securities: SecuritiesIn,
    use: Int64,
) -> None:
    """Fill in what pending orders reserve; ``use`` is [order, place in Use]."""
    for i in range(len(account)):
        pricing = pricing_of(account[i], business[i], code[i], price[i], accounts, terms, securities)
        one = use_of(business[i], size[i], pricing)
        use[i, 0], use[i, 1], use[i, 2], use[i, 3], use[i, 4] = one[0], one[1], one[2], one[3], one[4]
        use[i, 5], use[i, 6], use[i, 7], use[i, 8], use[i, 9] = one[5], one[6], one[7], one[8], one[9]
        use[i, 10], use[i, 11], use[i, 12] = one[10], one[11], one[12]


@inner
def use_of_all(account: Int, code: Int, waiting: WaitingIn, used: Int64) -> Use:
    """Sum what an account's pending orders use; shares, loans, returns and value only of one security.

    ``used`` is room to work in, [N_USES].
    """
    for place in range(N_USES):
        used[place] = 0
    for i in range(waiting.starts[account], waiting.starts[account + 1]):
        for place in range(N_USES):
            if waiting.code[i] == code or not _OF_SECURITY[place]:
                used[place] = min(used[place] + waiting.use[i, place], FULL)
    margin, financing, short, own_cash, any_cash = used[0], used[1], used[2], used[3], used[4]
    shares, lent, returned, repaid, cover = used[5], used[6], used[7], used[8], used[9]
    value, assets, debt = used[10], used[11], used[12]
    return Use(margin, financing, short, own_cash, any_cash, shares, lent, returned, repaid, cover, value, assets, debt)


@inner
def reserves(business: Int) -> bool:
    """Say whether a business reserves its amount, at the upper limit when it goes at market."""
    return business in (FINANCING_BUY, SHORT_SALE, COLLATERAL_BUY, BUY_TO_COVER)


@inner
def buys(business: Int) -> bool:
    """Say whether a business adds to the account's securities."""
    return business in (FINANCING_BUY, COLLATERAL_BUY)


@inner
def pricing_of(
    account: Int, business: Int, code: Int, price: Int, accounts: AccountsIn, terms: TermsIn, securities: SecuritiesIn
) -> Pricing:
    """Return what one share comes to; an order at market goes at the upper limit, where there is one."""
    policy = np.int64(accounts.policy[account])
    place = policy * terms.n_securities + code
    term = (policy * terms.n_clients + np.int64(accounts.client[account])) * terms.n_securities + code
    high, worth = securities.high[code], np.int64(terms.price[place])
    counts = np.int64(BP)
    if terms.by_coefficient[policy]:
        counts = np.int64(terms.coefficient[policy, np.int64(securities.board[code])])
    return Pricing(
        np.int64(price if price > 0 else (high if high > 0 else worth)),
        np.int64(securities.fee[code]),
        np.int64(terms.ratio[np.int64(business == SHORT_SALE), term]),
        np.int64(terms.haircut[place]),
        worth,
        counts,
        np.int64(business == BUY_TO_COVER or securities.for_proceeds[code]),
    )


@inner
def use_of(business: Int, size: Int, pricing: Pricing) -> Use:
    """Return what an order of that size uses or reserves (practice.pending_orders)."""
    price = pricing.at if reserves(business) else (pricing.worth if business == TRANSFER_OUT else np.int64(0))
    if float(size) * float(price) >= AMOUNT_LIMIT_MILLI:
        full = np.int64(FULL)
        return Use(full, full, full, full, full, full, full, full, full, full, full, full, full)
    amount = size * price
    if reserves(business):
        return _of_trade(business, size, amount, amount - ((-amount * pricing.fee) // PPM), pricing)
    if business == TRANSFER_OUT:
        margin, cover = amount * pricing.haircut, amount * pricing.counts
        return _use(margin=margin, shares=size, cover=cover, value=-amount, assets=-amount)
    if business == WITHDRAWAL:
        return _use(margin=size * BP, own_cash=size, cover=size * BP, assets=-size)
    if business == REPAY_CASH:
        return _use(own_cash=size, repaid=size)
    if business == RETURN_SHARES:
        return _use(shares=size, returned=size)
    if business == SELL_TO_REPAY:  # something must be owed; what the sale brings beyond it stays cash
        return _use(shares=size, repaid=np.int64(1))
    return _use(shares=size if business == COLLATERAL_SALE else np.int64(0))


@inner
def _of_trade(business: Int, size: Int, amount: Int, paid: Int, pricing: Pricing) -> Use:
    if business == FINANCING_BUY:
        return _use(margin=paid * pricing.ratio, financing=paid, value=amount, assets=amount, debt=paid)
    if business == SHORT_SALE:
        return _use(margin=amount * pricing.ratio, short=amount, lent=size, assets=amount, debt=amount)
    any_cash = paid * pricing.from_proceeds
    if business == BUY_TO_COVER:
        return _use(own_cash=paid - any_cash, any_cash=any_cash, returned=size)
    margin = paid * BP - amount * pricing.haircut
    return _use(margin=margin, own_cash=paid - any_cash, any_cash=any_cash, value=amount, assets=amount - paid)


@inner
def _use(
    margin: Int = _NONE,
    financing: Int = _NONE,
    short: Int = _NONE,
    own_cash: Int = _NONE,
    any_cash: Int = _NONE,
    shares: Int = _NONE,
    lent: Int = _NONE,
    returned: Int = _NONE,
    repaid: Int = _NONE,
    cover: Int = _NONE,
    value: Int = _NONE,
    assets: Int = _NONE,
    debt: Int = _NONE,
) -> Use:
    """Return a use of these things, and of nothing else."""
    return Use(margin, financing, short, own_cash, any_cash, shares, lent, returned, repaid, cover, value, assets, debt)
