"""The checks themselves: one order after another, in exact integers.

What lives here: arrays and integers only. What does not: looking up and allocating (``gate.py``), what the rules say
(``day.py``) and what is shown (``verdict.py``). No dates, strings, objects or input and output.

An order *uses* something of its account: margin, credit, cash, shares. A pending order uses what it would use if it
were checked now, and what all pending orders use is taken off the account's *room* first. So one function says what an
order needs and what it reserves, and the largest quantity is found with the very test that decides.

Margin and cover are milli-yuan × 10 000, all else milli-yuan or shares. Sums of uses stop at ``FULL``, which is beyond
every room, so nothing here leaves int64.
"""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rongheng.account.book.layout import WIDE
from rongheng.account.orders.checks import NONE, WARNINGS, Check, mask_of
from rongheng.basics.account_tables import Business
from rongheng.basics.compiled import Int, inner, kernel
from rongheng.basics.money import AMOUNT_LIMIT_MILLI, BP, PPM, QUANTITY_LIMIT

Int64 = NDArray[np.int64]
Truth: TypeAlias = "bool | np.bool_"

FULL: Final = 4 * 10**18  # beyond every room
N_CHECKS: Final = len(Check)
_ZERO: Final[Int] = np.int64(0)
_WARNINGS: Final = mask_of(WARNINGS)
_BY_QUANTITY: Final = mask_of(
    (
        *(Check.LOT, Check.OWN_SALE, Check.AVAILABLE, Check.LENDABLE, Check.CREDIT_LINE, Check.MARGIN, Check.CASH),
        *(Check.LINE_AFTER, Check.SECURITY_SHARE, Check.CLASS_SHARE, Check.BOARD_SHARE, Check.NET_CAPITAL),
        *(Check.RETURN, Check.OWED, Check.COVER),
    )
)

# The place of each kind of business in ``Business``: a kernel knows no words.
FINANCING_BUY, SHORT_SALE, COLLATERAL_BUY, COLLATERAL_SALE, REPAY_CASH, SELL_TO_REPAY = range(6)
BUY_TO_COVER, RETURN_SHARES, TRANSFER_IN, TRANSFER_OUT, WITHDRAWAL, ROLL_OVER = range(6, len(Business))

# What a person may be barred from, as bits.
FINANCE, SHORT, PLEDGE = 1, 2, 4


class OrdersIn(NamedTuple):
    """One order a row; codes are the gate's, and the last code stands for no security."""

    account: Int64
    business: Int64
    code: Int64
    quantity: Int64
    price: Int64  # 0: at market
    amount: Int64
    contract: Int64  # place in the book's layout; -1: none named
    due: Int64  # days since 1970; NONE: not named
    latest_due: Int64  # that the rules allow; NONE: they are silent


class SecuritiesIn(NamedTuple):
    """What the day says of each security; see ``day.DayColumns``."""

    asked: Int64
    barred: Int64
    high: Int64
    low: Int64
    floor: Int64
    tick: Int64
    lot: Int64
    step: Int64
    odd_lots: NDArray[np.bool_]
    fee: Int64
    permission: NDArray[np.uint8]
    monitor: Int64  # [business, code] at the session before; NONE: not known
    stop_line: Int64
    for_proceeds: NDArray[np.bool_]
    last_return: Int64
    board: NDArray[np.uint8]
    lendable: Int64  # less what pending short sales of the whole book reserve; NONE: not known


class TermsIn(NamedTuple):
    """What the policies say, by policy × security or by policy."""

    n_securities: Int
    n_clients: Int
    price: Int64
    haircut: Int64
    ratio: Int64  # [kind, (policy × clients + client) × securities + code] of a contract opened today
    withdrawal: Int64  # [policy, row]
    warning: Int64  # [policy, row]
    by_coefficient: NDArray[np.bool_]
    coefficient: Int64  # [policy, board]
    may_cover: NDArray[np.bool_]  # financed shares may cover a short
    net_capital: Int64  # the most that one client may owe: financing, short; NONE: not tested


class AccountsIn(NamedTuple):
    """What the accounts have and hold, and what their marks say."""

    starts: Int64
    policy: NDArray[np.uint16]
    client: NDArray[np.uint8]
    cash: Int64
    frozen: Int64
    margin: Int64
    assets: Int64
    rank: Int64  # among the indebted; -1: owes nothing
    credit_limit: Int64  # NONE: none set
    permissions: NDArray[np.uint8]
    code: NDArray[np.uint16]  # the book's
    to_code: NDArray[np.uint16]  # the gate's, by the book's
    quantity: NDArray[np.int32]
    wide_at: Int64
    wide_quantity: Int64
    held_back_at: Int64
    held_back_quantity: Int64


class DebtsIn(NamedTuple):
    """What the indebted owe: marks by rank, contracts in the book's order."""

    starts: Int64
    debt: Int64
    financing: Int64
    short: Int64
    ratio: Int64
    row: NDArray[np.uint8]
    is_short: NDArray[np.bool_]
    code: NDArray[np.uint16]
    quantity: Int64
    amount: Int64
    opened: Int64  # days since 1970
    due: Int64


class WaitingIn(NamedTuple):
    """Pending orders, by account."""

    starts: Int64
    business: Int64
    code: Int64
    quantity: Int64
    price: Int64
    amount: Int64


class TiesIn(NamedTuple):
    """What clients may not do with some securities: bits by ascending ``account × securities + code``."""

    key: Int64
    barred: Int64


class AnswersOut(NamedTuple):
    """One row an order."""

    asked: Int64
    refused_by: Int64
    warned: Int64
    largest: Int64  # shares, or milli-yuan of a withdrawal or repayment; NONE: no bound or no sense
    margin_used: Int64
    margin_left: Int64


class Use(NamedTuple):
    """What an order uses, or what all pending ones do."""

    margin: Int
    financing: Int
    short: Int
    own_cash: Int  # short proceeds may not pay for it
    any_cash: Int
    shares: Int  # of the security, which leave the account
    lent: Int
    returned: Int
    repaid: Int
    cover: Int


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
    unbounded: Int  # at market where there is no upper limit


class Room(NamedTuple):
    """What is left for one order."""

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
) -> None:
    """Answer orders ``first`` to ``last``; ``numbers`` [1, check, 2] is left with what the last one needs and has."""
    for i in range(first, last):
        account, business, code = orders.account[i], orders.business[i], orders.code[i]
        if account < 0:  # a Problem
            continue
        held = _held(account, code, accounts, terms, securities)
        owed = _owed(account, code, accounts, debts, securities, today)
        wait = _wait(account, code, waiting, accounts, terms, securities)
        room = _room(account, business, code, orders.price[i], held, owed, wait, accounts, terms, securities)
        asked = securities.asked[business, code] & ~_silent(account, orders.due[i], owed, room, accounts, terms)
        failed = securities.barred[business, code]
        failed |= _client_bits(account, business, code, accounts, securities, ties, terms)
        failed |= _price_bits(business, code, orders.price[i], wait.unbounded, securities, numbers)
        failed |= _line_bits(account, held, owed, wait, accounts, terms, numbers)
        failed |= _term_bits(business, orders.contract[i], orders.due[i], orders.latest_due[i], today, debts, numbers)
        failed |= _warning_bits(account, business, owed, wait, accounts, terms, numbers)
        _note(Check.PENDING, NONE, wait.use.margin, numbers)
        _note(Check.STOP, securities.monitor[business, code], securities.stop_line[business, code], numbers)
        failed |= _bit(Check.LENDABLE_UNKNOWN, securities.lendable[code] == NONE)
        failed &= asked
        asked &= ~(_WARNINGS & ~failed)  # a warning that has nothing to say is silent
        fixed = (failed & ~_WARNINGS & ~_BY_QUANTITY) != 0
        largest = _ZERO
        if not fixed:
            largest = _largest(i, orders, asked, room, accounts, terms, securities, numbers)
        size = orders.amount[i] if business in (WITHDRAWAL, REPAY_CASH) else orders.quantity[i]
        use = _use(account, business, code, size, orders.price[i], accounts, terms, securities)
        failed |= asked & (
            _too_much(use, room, numbers) | _lot_bit(business, code, size, room.shares, securities, numbers)
        )
        out.asked[i] = asked
        out.refused_by[i] = failed & ~_WARNINGS
        out.warned[i] = failed & _WARNINGS
        out.largest[i] = largest
        out.margin_used[i] = -((-use.margin) // BP)
        out.margin_left[i] = (room.margin - use.margin) // BP


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
def _found(ascending: Int64, wanted: Int) -> Int:
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
def _held(account: Int, code: Int, accounts: AccountsIn, terms: TermsIn, securities: SecuritiesIn) -> Held:
    policy = np.int64(accounts.policy[account])
    by_coefficient = terms.by_coefficient[policy]
    base = policy * terms.n_securities
    quantity, held_back = _ZERO, _ZERO
    cover = (accounts.cash[account] if by_coefficient else accounts.assets[account]) * BP
    for i in range(accounts.starts[account], accounts.starts[account + 1]):
        own = np.int64(accounts.to_code[accounts.code[i]])
        if own != code and not by_coefficient:
            continue
        shares = np.int64(accounts.quantity[i])
        if shares == WIDE:
            shares = accounts.wide_quantity[_found(accounts.wide_at, i)]
        if own == code:
            quantity = shares
            place = _found(accounts.held_back_at, i)
            held_back = accounts.held_back_quantity[place] if place >= 0 else _ZERO
        if by_coefficient:
            cover += shares * terms.price[base + own] * terms.coefficient[policy, np.int64(securities.board[own])]
    return Held(quantity, held_back, cover)


@inner
def _owed(account: Int, code: Int, accounts: AccountsIn, debts: DebtsIn, securities: SecuritiesIn, today: Int) -> Owed:
    rank = accounts.rank[account]
    if rank < 0:
        return Owed(_ZERO, _ZERO, _ZERO, _ZERO, np.int64(NONE), _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO)
    proceeds, financed, financed_today, shorted, returnable = _ZERO, _ZERO, _ZERO, _ZERO, _ZERO
    overdue = _ZERO
    for i in range(debts.starts[rank], debts.starts[rank + 1]):
        overdue |= np.int64(debts.due[i] < today)
        mine = np.int64(accounts.to_code[debts.code[i]]) == code
        if debts.is_short[i]:
            proceeds += debts.amount[i]
            if mine:
                shorted += debts.quantity[i]
                returnable += debts.quantity[i] if debts.opened[i] <= securities.last_return[code] else _ZERO
        elif mine:
            financed += debts.quantity[i]
            financed_today |= np.int64(debts.opened[i] == today)
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
def _wait(
    account: Int, code: Int, waiting: WaitingIn, accounts: AccountsIn, terms: TermsIn, securities: SecuritiesIn
) -> Waiting:
    """Sum what pending orders use; shares, returns and loans only of the security."""
    total = Use(_ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO)
    bought, sold, shorted, unbounded = _ZERO, _ZERO, _ZERO, _ZERO
    for i in range(waiting.starts[account], waiting.starts[account + 1]):
        business, own, price = waiting.business[i], waiting.code[i], waiting.price[i]
        size = waiting.amount[i] if business in (WITHDRAWAL, REPAY_CASH) else waiting.quantity[i]
        use = _use(account, business, own, size, price, accounts, terms, securities)
        mine = np.int64(own == code)
        total = Use(
            min(total.margin + use.margin, FULL),
            min(total.financing + use.financing, FULL),
            min(total.short + use.short, FULL),
            min(total.own_cash + use.own_cash, FULL),
            min(total.any_cash + use.any_cash, FULL),
            min(total.shares + use.shares * mine, FULL),
            min(total.lent + use.lent * mine, FULL),
            min(total.returned + use.returned * mine, FULL),
            min(total.repaid + use.repaid, FULL),
            min(total.cover + use.cover, FULL),
        )
        bought |= mine * np.int64(business == FINANCING_BUY)
        sold |= mine * np.int64(business == COLLATERAL_SALE)
        shorted |= mine * np.int64(business == SHORT_SALE)
        unbounded |= np.int64(_reserves(business) and price == 0 and securities.high[own] == 0)
    return Waiting(total, bought, sold, shorted, unbounded)


@inner
def _reserves(business: Int) -> bool:
    """Say whether a business reserves its amount, at the upper limit when it goes at market."""
    return business in (FINANCING_BUY, SHORT_SALE, COLLATERAL_BUY, BUY_TO_COVER)


@inner
def _use(
    account: Int,
    business: Int,
    code: Int,
    size: Int,
    price: Int,
    accounts: AccountsIn,
    terms: TermsIn,
    securities: SecuritiesIn,
) -> Use:
    """Return what an order of that size (shares, or milli-yuan of cash) uses or reserves (practice.pending_orders)."""
    if _reserves(business):
        return _use_of_trade(account, business, code, size, price, accounts, terms, securities)
    policy = np.int64(accounts.policy[account])
    margin, own_cash, shares, returned, repaid, cover = _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO
    if business in (COLLATERAL_SALE, SELL_TO_REPAY):
        shares, repaid = size, np.int64(business == SELL_TO_REPAY)
    elif business == RETURN_SHARES:
        shares, returned = size, size
    elif business == TRANSFER_OUT:
        place = policy * terms.n_securities + code
        worth = np.int64(terms.price[place])
        if float(size) * float(worth) >= AMOUNT_LIMIT_MILLI:
            return _beyond()
        counts = np.int64(BP)
        if terms.by_coefficient[policy]:
            counts = np.int64(terms.coefficient[policy, np.int64(securities.board[code])])
        shares, margin, cover = size, size * worth * np.int64(terms.haircut[place]), size * worth * counts
    elif business == WITHDRAWAL:
        own_cash, margin, cover = size, size * BP, size * BP
    elif business == REPAY_CASH:
        own_cash, repaid = size, size
    return Use(margin, _ZERO, _ZERO, own_cash, _ZERO, shares, _ZERO, returned, repaid, cover)


@inner
def _use_of_trade(
    account: Int,
    business: Int,
    code: Int,
    size: Int,
    price: Int,
    accounts: AccountsIn,
    terms: TermsIn,
    securities: SecuritiesIn,
) -> Use:
    """Return what a trade reserves, with fees; an order at market goes at the upper limit."""
    policy = np.int64(accounts.policy[account])
    place = policy * terms.n_securities + code
    high = securities.high[code]
    at = np.int64(price if price > 0 else (high if high > 0 else terms.price[place]))
    if float(size) * float(at) >= AMOUNT_LIMIT_MILLI:
        return _beyond()
    amount = size * at
    paid = amount - ((-amount * np.int64(securities.fee[code])) // PPM)
    term = (policy * terms.n_clients + np.int64(accounts.client[account])) * terms.n_securities + code
    if business == FINANCING_BUY:
        return Use(paid * terms.ratio[0, term], paid, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO)
    if business == SHORT_SALE:
        return Use(amount * terms.ratio[1, term], _ZERO, amount, _ZERO, _ZERO, _ZERO, size, _ZERO, _ZERO, _ZERO)
    if business == BUY_TO_COVER:
        return Use(_ZERO, _ZERO, _ZERO, _ZERO, paid, _ZERO, _ZERO, size, _ZERO, _ZERO)
    margin = paid * BP - amount * np.int64(terms.haircut[place])
    if securities.for_proceeds[code]:
        return Use(margin, _ZERO, _ZERO, _ZERO, paid, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO)
    return Use(margin, _ZERO, _ZERO, paid, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO)


@inner
def _beyond() -> Use:
    """Return more than any room."""
    full = np.int64(FULL)
    return Use(full, full, full, full, full, full, full, full, full, full)


@inner
def _room(
    account: Int,
    business: Int,
    code: Int,
    price: Int,
    held: Held,
    owed: Owed,
    wait: Waiting,
    accounts: AccountsIn,
    terms: TermsIn,
    securities: SecuritiesIn,
) -> Room:
    """Return what is left for one order when all pending ones have what they reserve."""
    policy = np.int64(accounts.policy[account])
    used = wait.use
    whole = accounts.cash[account] - accounts.frozen[account] - used.own_cash
    anything = whole - used.any_cash
    own = min(whole - owed.proceeds, anything)
    uses_proceeds = business == BUY_TO_COVER or (business == COLLATERAL_BUY and securities.for_proceeds[code])
    limit = accounts.credit_limit[account]
    credit = limit - (owed.financing + owed.proceeds) - used.financing - used.short if limit != NONE else FULL
    free = held.quantity - owed.financed - used.shares
    shares = held.quantity - held.held_back - used.shares
    if business == TRANSFER_OUT:
        shares = min(shares, free)
    lendable = securities.lendable[code]
    line = terms.withdrawal[policy, owed.row]
    capital, short_capital = terms.net_capital[0], terms.net_capital[1]
    returnable = owed.returnable - used.returned
    if business == BUY_TO_COVER and returnable > 0:
        returnable = _lot_ceiling(returnable, securities.lot[code], securities.step[code])
    floor = securities.floor[code]
    is_low = owed.shorted > 0 and floor > 0 and price < floor  # at market: 0
    return Room(
        max(max(accounts.margin[account], -(FULL // BP)) * BP - used.margin, -FULL),
        credit,
        anything if uses_proceeds else own,
        shares,
        held.quantity - owed.shorted - used.shares if is_low else np.int64(FULL),
        np.int64(FULL) if terms.may_cover[policy] else free,
        lendable if lendable != NONE else np.int64(FULL),
        returnable,
        owed.debt - owed.short - used.repaid,
        max(held.cover - line * owed.debt, -FULL) - used.cover if owed.debt > 0 else np.int64(FULL),
        capital - owed.financing - used.financing if capital != NONE else np.int64(FULL),
        short_capital - owed.short - used.short if short_capital != NONE else np.int64(FULL),
    )


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
    if use.short > 0:
        bits |= _test(Check.NET_CAPITAL, use.short, room.short, numbers)
    else:
        bits |= _test(Check.NET_CAPITAL, use.financing, room.financing, numbers)
    return bits


@inner
def _silent(account: Int, due: Int, owed: Owed, room: Room, accounts: AccountsIn, terms: TermsIn) -> Int:
    """Return the bits of the checks that have nothing to look at."""
    bits = _bit(Check.CREDIT_LINE, accounts.credit_limit[account] == NONE)
    bits |= _bit(Check.NET_CAPITAL, terms.net_capital[0] == NONE)
    bits |= _bit(Check.TERM, due == NONE)
    bits |= _bit(Check.OWN_SALE, owed.shorted == 0)
    bits |= _bit(Check.COVER, room.covering == FULL) | _bit(Check.LENDABLE, room.lendable == FULL)
    return bits | _bit(Check.LINE_BEFORE, owed.debt == 0) | _bit(Check.LINE_AFTER, owed.debt == 0)


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
        place = _found(ties.key, account * terms.n_securities + code)
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
        return bits | _bit(Check.PRICE_LIMIT, _reserves(business) and high == 0)
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
    """Return the bits of a term that is too long, or of a roll-over that comes too late."""
    bits = _ZERO
    if due != NONE and latest != NONE:
        bits |= _test(Check.TERM, due, latest, numbers)
    else:
        _note(Check.TERM, due, latest, numbers)
    if business == ROLL_OVER:
        bits |= _test(Check.TIMELY, today, debts.due[contract], numbers)
        bits |= _bit(Check.TERM, due <= debts.due[contract])
    return bits


@inner
def _warning_bits(
    account: Int, business: Int, owed: Owed, wait: Waiting, accounts: AccountsIn, terms: TermsIn, numbers: Int64
) -> Int:
    """Return the bits of what a risk officer should look at, though no rule refuses it."""
    line = terms.warning[np.int64(accounts.policy[account]), owed.row]
    _note(Check.RATIO, line, owed.ratio, numbers)
    bits = _bit(Check.RATIO, owed.ratio != NONE and owed.ratio < line)
    bits |= _bit(Check.OVERDUE, owed.overdue)
    bits |= _bit(Check.REPAYS_FIRST, owed.financed > 0)
    round_trip = _ZERO
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
def _has_lots(business: Int) -> bool:
    return _reserves(business) or _is_sale(business)


@inner
def _lot_ceiling(quantity: Int, least: Int, step: Int) -> Int:
    """Return the least quantity that may be bought and is not below this one."""
    return least if quantity <= least else quantity + (least - quantity) % step


@inner
def _lot_floor(bound: Int, business: Int, code: Int, available: Int, securities: SecuritiesIn) -> Int:
    """Return the largest quantity up to ``bound`` that may be ordered, or 0; what is below a lot is sold whole."""
    if bound <= 0 or not _has_lots(business):
        return max(bound, 0)
    least, step = securities.lot[code], securities.step[code]
    whole = bound - (bound - least) % step if bound >= least else _ZERO
    if not _is_sale(business) or not securities.odd_lots[code] or available <= 0:
        return whole
    if step == least:  # round lots: a sale may carry what is below the last one
        rest = available % step
        return max(whole, bound - (bound - rest) % step if bound >= rest else _ZERO)
    return available if available < least and bound >= available else whole


@inner
def _lot_bit(business: Int, code: Int, size: Int, available: Int, securities: SecuritiesIn, numbers: Int64) -> Int:
    fits = _lot_floor(size, business, code, available, securities)
    _note(Check.LOT, size, fits, numbers)
    return _bit(Check.LOT, size <= 0 or fits != size)


@inner
def _largest(
    i: Int,
    orders: OrdersIn,
    asked: Int,
    room: Room,
    accounts: AccountsIn,
    terms: TermsIn,
    securities: SecuritiesIn,
    numbers: Int64,
) -> Int:
    """Return the largest size that passes every check that depends on it; NONE where none does."""
    account, business, code, price = orders.account[i], orders.business[i], orders.code[i], orders.price[i]
    if business in (ROLL_OVER, TRANSFER_IN):
        return np.int64(NONE)
    low, high = _ZERO, np.int64(QUANTITY_LIMIT - 1)
    if business in (WITHDRAWAL, REPAY_CASH):
        high = np.int64(AMOUNT_LIMIT_MILLI - 1)
    while low < high:
        middle = (low + high + 1) // 2
        use = _use(account, business, code, middle, price, accounts, terms, securities)
        if (asked & _too_much(use, room, numbers)) == 0:
            low = middle
        else:
            high = middle - 1
    return _lot_floor(low, business, code, room.shares, securities)
