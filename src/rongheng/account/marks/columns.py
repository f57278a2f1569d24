"""What goes into the kernels of a mark and what comes out: named columns, and the room that a block works in.

What lives here: the shapes. What does not: how the columns are filled (``mark.py``) and what is computed of them
(``kernels.py`` and its stages).
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rongheng.account.policy.concentration_lookup import Limits
from rongheng.basics.account_tables import GROUPS, Board
from rongheng.basics.compiled import Int

Int64 = NDArray[np.int64]

NO_SECURITY: Final = 2**16 - 1
DECIDE_NOW: Final = 255  # instead of a row of lines that was fixed at the last close
NO_LIMITS: Final = 2**16 - 1  # instead of how many limits are breached: nothing limits the account
TO_TEST: Final = 1  # of accounts without debt: some limit is below everything
NO_BREACH: Final = -1
TOGETHER: Final = 2**16  # of where a breach is: below it a security's code, from it on a slot of a class or of boards

N_GROUPS: Final = len(GROUPS)
N_BOARDS: Final = len(Board)
STAR, CHINEXT, BSE = (list(Board).index(board) for board in (Board.STAR, Board.CHINEXT, Board.BSE))

# An account's sums, and its shares of assets in the same places: groups A to G, three boards, STAR and ChiNext together
# (less shorts, where the policy says so), and the largest position. Whatever is in no group is summed in its place.
STAR_AT, CHINEXT_AT, BSE_AT, DUAL, LARGEST = range(N_GROUPS, N_GROUPS + 5)
SHARES: Final = N_GROUPS + 5
NO_GROUP: Final = LARGEST
SUMS: Final = 16  # of one account; the other boards come after the shares
BOARD_AT: Final = (SHARES, STAR_AT, CHINEXT_AT, BSE_AT, SHARES + 1, SHARES + 2, SHARES + 3)
assert [place for place, board in enumerate(Board) if BOARD_AT[place] < SHARES] == [STAR, CHINEXT, BSE]
assert len(BOARD_AT) == N_BOARDS, "every board has its place"
assert max(BOARD_AT) < SUMS, "an account's sums fit"

BLOCK: Final = 512  # accounts that go through all stages together; their sums stay in the second cache


class HoldingsIn(NamedTuple):
    """What accounts hold: the columns of the book's layout."""

    starts: Int64
    policy: NDArray[np.uint16]
    client: NDArray[np.uint8]
    cash: Int64
    frozen: Int64
    other_collateral: Int64
    other_debt: Int64
    credit_line: Int64  # 0 where none is set
    code: NDArray[np.uint16]
    quantity: NDArray[np.int32] | Int64  # int64 for the few accounts whose quantities need it
    indebted: Int64
    held_back_at: Int64  # positions of which not everything may leave today, ascending
    held_back: Int64  # how many shares of each stay


class ContractsIn(NamedTuple):
    """What accounts owe by contract, with the ratio that each bears and its interest through today."""

    starts: Int64
    is_short: NDArray[np.bool_]
    code: NDArray[np.uint16]
    quantity: Int64
    amount: Int64
    ratio: NDArray[np.int32]
    interest: Int64
    fixed_row: NDArray[np.uint8]  # by indebted account: the row of lines fixed at the last close, or DECIDE_NOW


class TermsIn(NamedTuple):
    """What the market and the policies say, by policy × security or by policy."""

    n_securities: Int
    packed: NDArray[np.uint64]  # price, haircut, and where group and board are summed: see ``packed``
    price: NDArray[np.int32]
    haircut: NDArray[np.uint16]
    group: NDArray[np.uint8]
    board: NDArray[np.uint8]  # by security alone
    lines: Int64  # [policy, line, row]
    upper_share: Int64
    row_count: Int64
    wake: Int64
    gross_share: NDArray[np.bool_]
    withdrawal: Int64  # [policy, row]
    target: Int64  # [policy, state]; 0: the warning line of the row
    cost: Int64
    net_by_security: NDArray[np.bool_]
    by_coefficient: NDArray[np.bool_]
    coefficient: Int64


class LimitsIn(NamedTuple):
    """What the policies say of concentration, and how boards are added up into groups of boards."""

    is_any: bool  # whether any policy limits anything
    is_for_all: bool  # whether any policy limits accounts without debt too
    without_debt: NDArray[np.uint16]  # [policy, client]: NO_LIMITS, 0 where none can be breached, TO_TEST
    limits: Limits
    least_together_bp: NDArray[np.uint16]  # [row]: the lowest limit of any class or group of boards
    cell: NDArray[np.uint8]  # by security: which groups of boards it belongs to
    in_group: NDArray[np.bool_]  # [cell, group of boards]
    may_hold: NDArray[np.bool_]  # [group of boards, board]: some security of the board belongs to the group
    is_whole: NDArray[np.bool_]  # [group of boards]: its boards belong to it with every security


class HoldingsOut(NamedTuple):
    """What every account gets; NULL assets say that the account is beyond the bounds."""

    assets: Int64
    securities: Int64
    margin: Int64
    withdrawable: Int64
    withdrawable_securities: Int64
    largest: NDArray[np.uint16]
    shares: NDArray[np.uint16]  # [account, share]
    breaches: NDArray[np.uint16]  # how many limits; NO_LIMITS: none apply
    worst_at: NDArray[np.int32]  # a security's code, or TOGETHER + slot; NO_BREACH
    worst_excess_bp: NDArray[np.int32]


class DebtsOut(NamedTuple):
    """What every indebted account gets beside it, in the order of ``indebted``; NULL debt: beyond the bounds."""

    debt: Int64
    financing: Int64
    short: Int64
    interest: Int64
    ratio: Int64
    leverage: Int64
    row: NDArray[np.uint8]
    state: NDArray[np.uint8]
    target: Int64
    cash_to_cure: Int64
    repay_to_cure: Int64
    sale_to_cure: Int64
    fall_then: Int64
    fall_today: Int64


def packed(
    price: NDArray[np.int32], haircut: NDArray[np.uint16], group: NDArray[np.uint8], board: NDArray[np.uint8]
) -> NDArray[np.uint64]:
    """Return what a position needs of its security in one word, so that it is fetched at once.

    From the highest bits: price (32), haircut (16), where an account sums its group (8) and its board (8).
    """
    boards = np.tile(np.array(BOARD_AT, dtype=np.uint64)[board], len(price) // max(len(board), 1))
    groups = np.where(group < N_GROUPS, group, NO_GROUP).astype(np.uint64)
    word = price.astype(np.uint64) << np.uint64(32) | haircut.astype(np.uint64) << np.uint64(16)
    return np.asarray(word | groups << np.uint64(8) | boards)


class BreachesOut(NamedTuple):
    """A list of breaches; where only their number is asked for it has no room, and nothing is written."""

    account: Int64
    at: NDArray[np.int32]  # a security's code, or TOGETHER + slot
    part: Int64  # milli-yuan
    limit_bp: NDArray[np.uint16]

    @classmethod
    def of(cls, count: int) -> BreachesOut:
        """Return a list with room for so many."""
        at, limit_bp = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.uint16)
        return cls(np.empty(count, dtype=np.int64), at, np.empty(count, dtype=np.int64), limit_bp)


class Room(NamedTuple):
    """What the stages of one block leave for each other; by account of the block, or by indebted account of it."""

    unlisted: BreachesOut  # a list without room
    # [account × SUMS]: milli-yuan. Whole numbers, and exact: no account within the bounds reaches 2^53
    sums: NDArray[np.float64]
    counted: Int64  # securities × haircut, milli-yuan × 10 000
    largest: Int64  # value of the largest position; -1 without any
    proceeds: Int64  # by indebted account from here on: short proceeds
    financed: Int64  # value of financed shares
    financed_counted: Int64  # the same × haircut, milli-yuan × 10 000
    margin_bp: Int64  # first what contracts change in the available margin, then all of it, milli-yuan × 10 000
    dual_short: Int64  # shorts of STAR and ChiNext shares
    board: Int64  # what the lines move by: long less short of STAR and ChiNext shares
    cover: Int64  # what stands above the fraction of the ratio, milli-yuan × 10 000
    free: Int64  # cash that is neither short proceeds nor frozen


def workspace() -> Room:
    """Return the room of one call of a kernel."""
    by_account = {name: np.zeros(BLOCK + 1, dtype=np.int64) for name in Room._fields[2:]}
    return Room(unlisted=BreachesOut.of(0), sums=np.zeros(BLOCK * SUMS, dtype=np.float64), **by_account)
