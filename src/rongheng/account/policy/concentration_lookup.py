"""Concentration limits as a kernel looks them up: two amounts of an account choose a row, each security has its slot.

What lives here: the columns and the look-up, arrays and integers only. What does not: how the columns are made
(``concentration_terms.py``), and the sums that are held against the limits (``account.marks``, ``account.orders``).

In a kernel::

    row = limit_row(limits, policy, client, assets, debt, credit_line)
    if row != UNLIMITED:
        # one security
        exceeds(value, assets, limits.limit_bp[row, limits.slot[policy * n_securities + code]])
        # all of class g, all of board group b
        exceeds(class_value, assets, limits.limit_bp[row, CLASS_SLOT + g])
        exceeds(board_value, assets, limits.limit_bp[row, BOARD_SLOT + b])

Bounds are exact: a ratio is compared by cross-multiplication, and each break point says on which side it lies itself.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rongheng.account.policy.concentration import BoardGroup, RowBy
from rongheng.basics.account_tables import GROUPS, ClientType
from rongheng.basics.compiled import Int, inner
from rongheng.basics.money import BP

Int64 = NDArray[np.int64]

N_CLIENTS: Final = len(ClientType)
CLASS_SLOT: Final = 0  # of GROUPS[0]; the others follow
BOARD_SLOT: Final = len(GROUPS)  # of the first of BoardGroup; the others follow
SECURITY_SLOT: Final = BOARD_SLOT + len(BoardGroup)  # of the first kind of security
NO_LIMIT_BP: Final = 2**16 - 1  # far above every share, and times the assets of an account still inside int64
UNLIMITED: Final = -1  # instead of a row: nothing limits the account

BY_DEBT, BY_CREDIT_LINE, BY_LARGER = (list(RowBy).index(by) for by in RowBy)


class Limits(NamedTuple):
    """Limits of all policies; a row of ``limit_bp`` is (policy, client type, band of ratio, band of amount)."""

    is_limited: NDArray[np.bool_]  # [policy]
    exempt_without_debt: NDArray[np.bool_]  # [policy]
    row_by: NDArray[np.uint8]  # [policy]
    ratio_bp: Int64  # [policy, break], rising
    ratio_upper: Int64  # [policy, break]: 1 where the point itself belongs to the upper band, else 0
    ratio_count: Int64  # [policy]: how many breaks it has
    amount_milli: Int64  # the same for debt or credit line
    amount_upper: Int64
    amount_count: Int64
    slot: NDArray[np.uint16]  # [policy × n_securities + code]
    limit_bp: NDArray[np.uint16]  # [row, slot]; NO_LIMIT_BP where there is none
    least_bp: NDArray[np.uint16]  # [row]: the lowest limit that any security has; what is within it is within its own


@inner
def limit_row(limits: Limits, policy: Int, client: Int, assets: Int, debt: Int, credit_line: Int) -> Int:
    """Return the row of limits of an account, or UNLIMITED.

    Without debt the ratio is above every bound.

    Parameters
    ----------
    policy, client : index into the policies, and into ClientType
    assets, debt, credit_line : milli-yuan, each from 0 to below AMOUNT_LIMIT_MILLI; a credit line that is not set is 0
    """
    if not limits.is_limited[policy] or (debt <= 0 and limits.exempt_without_debt[policy]):
        return UNLIMITED
    breaks, ratio = limits.ratio_count[policy], 0
    while ratio < breaks and (
        debt <= 0 or assets * BP + limits.ratio_upper[policy, ratio] > debt * limits.ratio_bp[policy, ratio]
    ):
        ratio += 1
    by = limits.row_by[policy]
    chosen = debt if by == BY_DEBT else credit_line if by == BY_CREDIT_LINE else max(debt, credit_line)
    breaks, amount = limits.amount_count[policy], 0
    while amount < breaks and chosen + limits.amount_upper[policy, amount] > limits.amount_milli[policy, amount]:
        amount += 1
    ratios, amounts = limits.ratio_bp.shape[1] + 1, limits.amount_milli.shape[1] + 1
    row: Int = ((int(policy) * N_CLIENTS + int(client)) * ratios + ratio) * amounts + amount
    return row


@inner
def exceeds(value: Int, assets: Int, limit_bp: Int) -> bool:
    """Say whether a value is above its limit of the assets; at the limit it is not."""
    return bool(value * BP > np.int64(limit_bp) * assets)
