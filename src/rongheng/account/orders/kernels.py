"""The checks themselves: one order after another, in exact integers.

What lives here: arrays and integers only. What does not: looking up and allocating (``gate.py``), what the rules say
(``day.py``), what an order uses (``uses.py``), what there is (``rooms.py``) and what is shown (``verdict.py``). No
dates, strings, objects or input and output.

What fails whatever the size is settled first. Then one loop asks whether a size fits: it searches for the largest that
does, and ends with the size that was ordered, whose numbers it leaves.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np

from rongheng.account.marks.arithmetic import NO_SHARE
from rongheng.account.orders.checks import NONE, WARNINGS, Check, mask_of
from rongheng.account.orders.columns import (
    COLLATERAL_SALE,
    FINANCE,
    FINANCING_BUY,
    FULL,
    PLEDGE,
    REPAY_CASH,
    ROLL_OVER,
    SELL_TO_REPAY,
    SHORT,
    SHORT_SALE,
    TRANSFER_IN,
    WITHDRAWAL,
    AccountsIn,
    AnswersOut,
    DebtsIn,
    Int64,
    OrdersIn,
    SecuritiesIn,
    TermsIn,
    TiesIn,
    WaitingIn,
)
from rongheng.account.orders.rooms import Held, Owed, Room, Waiting, found, held_of, owed_by, room_of, waiting_of
from rongheng.account.orders.shares import share_bits, sum_up
from rongheng.account.orders.uses import Pricing, Use, buys, pricing_of, reserves, use_of
from rongheng.basics.compiled import Int, inner, kernel
from rongheng.basics.money import AMOUNT_LIMIT_MILLI, BP, QUANTITY_LIMIT

Truth: TypeAlias = "bool | np.bool_"

_WARNINGS: Final = mask_of(WARNINGS)
_SHARES: Final = mask_of((Check.SECURITY_SHARE, Check.CLASS_SHARE, Check.BOARD_SHARE))
_AS_IT_STANDS, _SEARCH, _AS_ORDERED = 0, 1, 2


@kernel
def check_orders(
    first: Int,
    last: Int,
    today: Int,
    orders: OrdersIn,
    securities: SecuritiesIn,
    terms: TermsIn,
    accounts: AccountsIn,
    debts: DebtsIn,
    waiting: WaitingIn,
    ties: TiesIn,
    out: AnswersOut,
    numbers: Int64,
    sums: Int64,
    used: Int64,
) -> None:
    """Answer orders ``first`` to ``last``.

    ``numbers`` [1, check, 2] is left with what the last one needs and has; ``sums`` [N_SUMS] and
    ``used`` [N_USES] are room to work in.
    """
    for i in range(first, last):
        account, business, code, price = orders.account[i], orders.business[i], orders.code[i], orders.price[i]
        if account < 0:
            continue
        held = held_of(account, code, accounts, terms, securities)
        owed = owed_by(account, code, accounts, debts, securities, today)
        wait = waiting_of(account, code, waiting, used)
        room = room_of(account, business, code, price, held, owed, wait.use, accounts, terms, securities)
        asked = securities.asked[business, code]
        asked &= ~_silent(account, business, orders.due[i], owed, room, accounts, terms)
        failed = securities.barred[business, code]
        failed |= _client_bits(account, business, code, accounts, securities, ties, terms)
        failed |= _price_bits(business, code, price, wait.unbounded, securities, numbers)
        failed |= _line_bits(account, held, owed, wait, accounts, terms, numbers)
        failed |= _term_bits(business, orders.contract[i], orders.due[i], orders.latest_due[i], today, debts, numbers)
        failed |= _roll_over_bits(account, owed, accounts, terms, numbers)
        failed |= _warning_bits(account, business, code, owed, wait, accounts, terms, securities, numbers)
        _note(Check.PENDING, NONE, wait.use.margin, numbers)
        _note(Check.STOP, securities.monitor[business, code], securities.stop_line[business, code], numbers)
        failed &= asked
        asked &= ~(_WARNINGS & ~failed)  # a warning that has nothing to say is silent
        if (asked & _SHARES) != 0:
            sum_up(account, accounts, waiting, terms, sums)

        pricing = pricing_of(account, business, code, price, accounts, terms, securities)
        may_fit = (failed & ~_WARNINGS) == 0
        largest, bits, use = _fitting(
            orders.size[i], may_fit, asked, account, business, code, pricing,
            held, owed, wait, room, accounts, waiting, terms, sums, numbers,
        )  # fmt: skip
        failed |= bits | _lot_bit(business, code, orders.size[i], room.shares, securities, numbers)
        asked &= ~_unlimited(numbers)
        failed &= asked
        has_size = business not in (ROLL_OVER, TRANSFER_IN)
        out.asked[i] = asked
        out.refused_by[i] = failed & ~_WARNINGS
        out.warned[i] = failed & _WARNINGS
        out.largest[i] = _lot_floor(largest, business, code, room.shares, securities) if has_size else NONE
        out.margin_used[i] = -((-use.margin) // BP)
        out.margin_left[i] = (room.margin - use.margin) // BP


@inner
def _fitting(
    ordered: Int,
    may_fit: Truth,
    asked: Int,
    account: Int,
    business: Int,
    code: Int,
    pricing: Pricing,
    held: Held,
    owed: Owed,
    wait: Waiting,
    room: Room,
    accounts: AccountsIn,
    waiting: WaitingIn,
    terms: TermsIn,
    sums: Int64,
    numbers: Int64,
) -> tuple[Int, Int, Use]:
    """Return the largest size that fits, whatever the lots; and for the size ordered, what refuses it and what it uses.

    The account is looked at as it stands first: what a limit blocks, other than buys, waits until none is exceeded.
    Then the search goes down from a bound in steps that double, and halves the last one: fees make the answer differ
    from the bound by little, so it is found in a few steps unless a limit on shares decides.
    """
    none: Int = np.int64(0)
    high = _bound(asked, business, pricing, room) if may_fit else none
    stride: Int = np.int64(1)
    low, size, above, step = none, none, none, _AS_IT_STANDS
    while True:
        use = use_of(business, size, pricing)
        bits = asked & _too_much(use, room, numbers)
        if (asked & _SHARES) != 0 and (bits == 0 or step != _SEARCH):
            bits |= asked & share_bits(
                account, business, code, held, owed, wait.use, use, accounts, waiting, terms, sums, numbers
            )
        if step == _AS_ORDERED:
            return low, bits | above, use
        if step == _AS_IT_STANDS:
            step = _SEARCH
            above = none if buys(business) else bits & _SHARES
            high = high if above == 0 else none
        elif bits == 0:
            low, stride = size, none
        else:
            high = size - 1
            stride *= 2
        if low >= high:
            step, size = _AS_ORDERED, ordered
        elif stride > 0:
            size = max(high + 1 - stride, low + 1)
        else:
            size = (low + high + 1) // 2


@inner
def _bound(asked: Int, business: Int, pricing: Pricing, room: Room) -> Int:
    """Return a size that nothing larger fits: each room over what one share or milli-yuan uses of it, without fees."""
    free = Pricing(
        pricing.at,
        np.int64(0),
        pricing.ratio,
        pricing.haircut,
        pricing.worth,
        pricing.counts,
        pricing.from_proceeds,
    )
    one = use_of(business, np.int64(1), free)
    is_cash = business in (WITHDRAWAL, REPAY_CASH)
    most: Int = np.int64(AMOUNT_LIMIT_MILLI - 1) if is_cash else np.int64(QUANTITY_LIMIT - 1)
    most = _within(most, asked, Check.MARGIN, one.margin, room.margin)
    most = _within(most, asked, Check.CREDIT_LINE, one.financing + one.short, room.credit)
    most = _within(most, asked, Check.CASH, one.own_cash + one.any_cash, room.cash)
    most = _within(most, asked, Check.AVAILABLE, one.shares, room.shares)
    most = _within(most, asked, Check.LENDABLE, one.lent, room.lendable)
    most = _within(most, asked, Check.RETURN, one.returned, room.returnable)
    if business == REPAY_CASH:
        most = _within(most, asked, Check.OWED, one.repaid, room.owed)
    return _within(most, asked, Check.LINE_AFTER, one.cover, room.cover)


@inner
def _within(most: Int, asked: Int, check: Int, one: Int, room: Int) -> Int:
    if one <= 0 or (asked & _bit(check, True)) == 0:
        return most
    return min(most, max(room, 0) // one)


@inner
def _unlimited(numbers: Int64) -> Int:
    """Return the bits of the shares that nothing limits."""
    bits = _bit(Check.SECURITY_SHARE, numbers[0, Check.SECURITY_SHARE, 1] == NONE)
    bits |= _bit(Check.CLASS_SHARE, numbers[0, Check.CLASS_SHARE, 1] == NONE)
    return bits | _bit(Check.BOARD_SHARE, numbers[0, Check.BOARD_SHARE, 1] == NONE)


@inner
def _bit(check: Int, fails: Int | Truth) -> Int:
    return np.int64(fails) << np.int64(check)


@inner
def _note(check: Int, needed: Int, have: Int, numbers: Int64) -> None:
    numbers[0, check, 0], numbers[0, check, 1] = needed, have


@inner
def _test(check: Int, needed: Int, have: Int, numbers: Int64) -> Int:
    """Note what is needed and what there is; return the check's bit where it does not suffice."""
    _note(check, needed, have, numbers)
    return _bit(check, needed > have)


@inner
def _too_much(use: Use, room: Room, numbers: Int64) -> Int:
    """Return the bits of the checks for which the account has not enough room."""
    bits = _test(Check.MARGIN, use.margin, room.margin, numbers)
    bits |= _test(Check.CREDIT_LINE, use.financing + use.short, room.credit, numbers)
    bits |= _test(Check.CASH, use.own_cash + use.any_cash, room.cash, numbers)
    bits |= _test(Check.AVAILABLE, use.shares, room.shares, numbers)
    bits |= _test(Check.OWN_SALE, use.shares, room.own_sale, numbers)
    bits |= _test(Check.COVER, use.shares, room.covering, numbers)
    bits |= _test(Check.LENDABLE, use.lent, room.lendable, numbers)
    bits |= _test(Check.RETURN, use.returned, room.returnable, numbers)
    bits |= _test(Check.OWED, use.repaid, room.owed, numbers)
    bits |= _test(Check.LINE_AFTER, use.cover, room.cover, numbers)
    is_short = use.short > 0
    needed, have = use.short if is_short else use.financing, room.short if is_short else room.financing
    return bits | _test(Check.NET_CAPITAL, needed, have, numbers)


@inner
def _silent(account: Int, business: Int, due: Int, owed: Owed, room: Room, accounts: AccountsIn, terms: TermsIn) -> Int:
    """Return the bits of the checks that have nothing to look at."""
    bits = _bit(Check.CREDIT_LINE, accounts.credit_limit[account] == NONE)
    bits |= _bit(Check.NET_CAPITAL, terms.net_capital[0] == NONE)
    bits |= _bit(Check.TERM, due == NONE)
    policy = np.int64(accounts.policy[account])
    bits |= _bit(Check.ROLL_OVER_RATIO, terms.roll_over_ratio[policy] == NONE)
    bits |= _bit(Check.ROLL_OVER_SHARE, terms.roll_over_share[policy] == NONE)
    bits |= _bit(Check.OWN_SALE, owed.shorted == 0)
    bits |= _bit(Check.COVER, terms.may_cover[policy])
    bits |= _bit(Check.LENDABLE, room.lendable == FULL)
    bits |= _bit(Check.LINE_BEFORE, owed.debt == 0) | _bit(Check.LINE_AFTER, owed.debt == 0)
    return bits if terms.is_blocked[policy, business] else bits | _SHARES


@inner
def _client_bits(
    account: Int,
    business: Int,
    code: Int,
    accounts: AccountsIn,
    securities: SecuritiesIn,
    ties: TiesIn,
    terms: TermsIn,
) -> Int:
    """Return the bits of what the client lacks or is."""
    lacking = np.int64(securities.permission[code]) & ~np.int64(accounts.permissions[account])
    bits = _bit(Check.PERMISSION, lacking != 0)
    if len(ties.key) > 0:
        place = found(ties.key, account * terms.n_securities + code)
        if place >= 0:
            act = FINANCE if business == FINANCING_BUY else (SHORT if business == SHORT_SALE else PLEDGE)
            bits |= _bit(Check.PERSON, (ties.barred[place] & act) != 0)
    return bits


@inner
def _price_bits(business: Int, code: Int, price: Int, unbounded: Int, securities: SecuritiesIn, numbers: Int64) -> Int:
    """Return the bits of what is wrong with the price; an order at market has none, and needs an upper limit."""
    high, low, floor = securities.high[code], securities.low[code], securities.floor[code]
    at_market = price == 0
    bits = _bit(Check.MARKET_ORDER, at_market) | _bit(Check.PENDING, unbounded)
    if at_market:
        _note(Check.PRICE_LIMIT, NONE, high if high > 0 else NONE, numbers)
        _note(Check.TICK, NONE, securities.tick[code], numbers)
        _note(Check.SHORT_PRICE, floor, NONE, numbers)
        return bits | _bit(Check.PRICE_LIMIT, reserves(business) and high == 0)
    is_high = high > 0 and price > high
    bits |= _bit(Check.PRICE_LIMIT, is_high or price < low)
    bits |= _bit(Check.TICK, price % securities.tick[code] != 0)
    bound = low if low > 0 and not is_high and (price < low or high == 0) else high
    _note(Check.PRICE_LIMIT, price, bound if bound > 0 else NONE, numbers)
    _note(Check.TICK, price, securities.tick[code], numbers)
    _note(Check.SHORT_PRICE, floor, price, numbers)
    return bits | _bit(Check.SHORT_PRICE, price < floor)


@inner
def _line_bits(
    account: Int, held: Held, owed: Owed, wait: Waiting, accounts: AccountsIn, terms: TermsIn, numbers: Int64
) -> Int:
    """Return the bit of a ratio that is not strictly above the withdrawal line."""
    line = terms.withdrawal[np.int64(accounts.policy[account]), owed.row]
    cover = held.cover - wait.use.cover
    _note(Check.LINE_BEFORE, line, cover // owed.debt if owed.debt > 0 else NONE, numbers)
    return _bit(Check.LINE_BEFORE, owed.debt > 0 and cover <= line * owed.debt)


@inner
def _term_bits(business: Int, contract: Int, due: Int, latest: Int, today: Int, debts: DebtsIn, numbers: Int64) -> Int:
    """Return the bits of a term that is too long, or of a roll-over that comes too late or extends nothing."""
    bits = np.int64(0)
    if due != NONE and latest != NONE:
        bits |= _test(Check.TERM, due, latest, numbers)
    else:
        _note(Check.TERM, due, latest, numbers)
    if business == ROLL_OVER:
        bits |= _test(Check.TIMELY, today, debts.due[contract], numbers)
        bits |= _bit(Check.TERM, due <= debts.due[contract])
    return bits


@inner
def _roll_over_bits(account: Int, owed: Owed, accounts: AccountsIn, terms: TermsIn, numbers: Int64) -> Int:
    """Return the bits of the conditions that the broker sets for a roll-over."""
    policy = np.int64(accounts.policy[account])
    line, limit = terms.roll_over_ratio[policy], terms.roll_over_share[policy]
    share = np.int64(accounts.largest_share[account])
    _note(Check.ROLL_OVER_RATIO, line, owed.ratio, numbers)
    _note(Check.ROLL_OVER_SHARE, share if share != NO_SHARE else NONE, limit, numbers)
    bits = _bit(Check.ROLL_OVER_RATIO, line != NONE and owed.ratio != NONE and owed.ratio < line)
    return bits | _bit(Check.ROLL_OVER_SHARE, limit != NONE and share != NO_SHARE and share > limit)


@inner
def _warning_bits(
    account: Int,
    business: Int,
    code: Int,
    owed: Owed,
    wait: Waiting,
    accounts: AccountsIn,
    terms: TermsIn,
    securities: SecuritiesIn,
    numbers: Int64,
) -> Int:
    """Return the bits of what a risk officer should look at, though no rule refuses it."""
    line = terms.warning[np.int64(accounts.policy[account]), owed.row]
    _note(Check.RATIO, line, owed.ratio, numbers)
    bits = _bit(Check.RATIO, owed.ratio != NONE and owed.ratio < line)
    bits |= _bit(Check.OVERDUE, owed.overdue)
    bits |= _bit(Check.REPAYS_FIRST, owed.financed > 0)
    bits |= _bit(Check.LENDABLE_UNKNOWN, securities.lendable[code] == NONE)
    round_trip = np.int64(0)
    if business == FINANCING_BUY:
        round_trip = np.int64(wait.sold > 0 or wait.shorted > 0 or owed.shorted > 0)
    elif business == SHORT_SALE:
        round_trip = np.int64(wait.bought > 0 or owed.financed > 0)
    elif business == COLLATERAL_SALE:
        round_trip = np.int64(wait.bought > 0 or owed.financed_today > 0)
    return bits | _bit(Check.CIRCUMVENTION, round_trip)


@inner
def _is_sale(business: Int) -> bool:
    return business in (COLLATERAL_SALE, SELL_TO_REPAY)


@inner
def _lot_floor(bound: Int, business: Int, code: Int, available: Int, securities: SecuritiesIn) -> Int:
    """Return the largest quantity up to ``bound`` that may be ordered, or 0; what is below a lot is sold whole."""
    if bound <= 0 or not (reserves(business) or _is_sale(business)):
        return max(bound, 0)
    least, step = securities.lot[code], securities.step[code]
    whole = bound - (bound - least) % step if bound >= least else np.int64(0)
    if not _is_sale(business) or not securities.odd_lots[code] or available <= 0:
        return whole
    if step == least:  # round lots: a sale may carry what is below the last one
        rest = available % step
        return max(whole, bound - (bound - rest) % step if bound >= rest else np.int64(0))
    return max(whole, available if available < least and bound >= available else np.int64(0))


@inner
def _lot_bit(business: Int, code: Int, size: Int, available: Int, securities: SecuritiesIn, numbers: Int64) -> Int:
    fits = _lot_floor(size, business, code, available, securities)
    _note(Check.LOT, size, fits, numbers)
    return _bit(Check.LOT, size <= 0 or fits != size)
