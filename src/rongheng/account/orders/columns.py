"""The columns that the kernels of orders read and write.

What lives here: names, types and what each holds. What does not: who fills them (``gate.py``, ``check.py``) and what is
done with them (``kernels.py``). Money is milli-yuan, margin and cover milli-yuan × 10 000, days are since 1970.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rongheng.account.orders.checks import Check
from rongheng.account.policy.concentration import BoardGroup
from rongheng.account.policy.concentration_lookup import Limits
from rongheng.basics.account_tables import GROUPS, Business
from rongheng.basics.compiled import Int

Int64 = NDArray[np.int64]

FULL: Final = 4 * 10**18  # beyond every room; sums of uses stop here, so that nothing leaves int64
N_CHECKS: Final = len(Check)
N_GROUPS: Final = len(GROUPS)
N_BOARD_GROUPS: Final = len(BoardGroup)
N_SUMS: Final = N_GROUPS + 1 + N_BOARD_GROUPS  # classes A to G, none, then groups of boards

# The place of each kind of business in ``Business``: a kernel knows no words.
FINANCING_BUY, SHORT_SALE, COLLATERAL_BUY, COLLATERAL_SALE, REPAY_CASH, SELL_TO_REPAY = range(6)
BUY_TO_COVER, RETURN_SHARES, TRANSFER_IN, TRANSFER_OUT, WITHDRAWAL, ROLL_OVER = range(6, len(Business))

FINANCE, SHORT, PLEDGE = 1, 2, 4  # what a person may be barred from, as bits


class OrdersIn(NamedTuple):
    """One order a row; codes are the gate's, and the last code stands for no security."""

    account: Int64  # row in the book; -1: a Problem, which is not answered
    business: Int64
    code: Int64
    size: Int64  # shares, or milli-yuan of cash alone
    price: Int64  # 0: at market
    contract: Int64  # place in the book's layout; -1: none named
    due: Int64  # NONE: not named
    latest_due: Int64  # that the rules allow; NONE: they are silent


class SecuritiesIn(NamedTuple):
    """What the day says of each security; see ``day.DayColumns``."""

    asked: Int64  # [business, code]
    barred: Int64  # [business, code]
    high: Int64
    low: Int64
    floor: Int64
    tick: Int64
    lot: Int64
    step: Int64
    odd_lots: NDArray[np.bool_]
    fee: Int64
    permission: NDArray[np.uint8]
    monitor: Int64  # [business, code]
    stop_line: Int64  # [business, code]
    for_proceeds: NDArray[np.bool_]
    last_return: Int64
    board: NDArray[np.uint8]
    lendable: Int64  # less what pending short sales of the whole book reserve; NONE: not known


class TermsIn(NamedTuple):
    """What the policies say, by policy × security or by policy."""

    n_securities: Int  # with the place of no security
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
    group: NDArray[np.uint8]  # [policy × securities + code]
    board_cell: NDArray[np.uint8]  # [code]
    in_board: NDArray[np.bool_]  # [cell, group of boards]
    limits: Limits  # its slots are by policy × (securities − 1) + code: no security has none
    is_blocked: NDArray[np.bool_]  # [policy, business]: refused above a limit
    roll_over_ratio: Int64  # [policy]; NONE: none asked for
    roll_over_share: Int64  # [policy]


class AccountsIn(NamedTuple):
    """What the accounts have and hold, and what their marks say."""

    starts: Int64
    policy: NDArray[np.uint16]
    client: NDArray[np.uint8]
    cash: Int64
    frozen: Int64
    margin: Int64
    assets: Int64
    largest_share: NDArray[np.uint16]
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
    opened: Int64
    due: Int64


class WaitingIn(NamedTuple):
    """Pending orders by account, with what each uses: ``use`` is [order, place in ``uses.Use``]."""

    starts: Int64
    business: Int64
    code: Int64
    use: Int64
    unbounded: NDArray[np.bool_]  # at market where there is no upper limit


class TiesIn(NamedTuple):
    """What clients may not do with some securities: bits by ascending ``account × securities + code``."""

    key: Int64
    barred: Int64


class AnswersOut(NamedTuple):
    """One row an order."""

    asked: Int64
    refused_by: Int64
    warned: Int64
    largest: Int64  # a size; NONE: no bound or no sense
    margin_used: Int64
    margin_left: Int64
