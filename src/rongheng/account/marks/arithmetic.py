"""The exact integer steps that the kernels share: shares, ratios, cures, falls, lines, states.

What lives here: functions of a few integers, each one definition, compiled. What does not: loops over accounts
(``kernels.py``). Amounts are milli-yuan, lines and shares basis points, costs parts per million, all int64; ``cover``
is what stands above the fraction of the maintenance ratio, in milli-yuan × 10 000. Every product named in a comment
stays below 2^63 under the bounds of ``basics.money``.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rongheng.basics.account_tables import State
from rongheng.basics.compiled import Int, inner
from rongheng.basics.money import BP, PPM

Column: TypeAlias = NDArray[np.int64]
Truth: TypeAlias = "bool | np.bool_"

NULL = np.iinfo(np.int64).min  # an int64 that is not there
NOT_CURABLE = -1  # a sale that no sale can replace
NO_SHARE = 2**16 - 1
FALL_LIMIT_BP = 10**9  # falls beyond it are shown as it

NO_DEBT, WITHDRAWABLE, NORMAL, WARNING = (list(State).index(state) for state in list(State)[:4])


@inner
def ceil_share_bp(part: Int, whole: Int, per_bp: float) -> Int:
    """Return ``part / whole`` in basis points, rounded up; both below 10^14, ``whole`` above 0, ``part`` at most it.

    ``per_bp`` is 10 000 / whole. The float product proposes and exact integers decide: it is within one of the answer,
    and one division serves every share of an account.
    """
    share = np.int64(float(part) * per_bp)
    rest = part * BP - share * whole
    return share + (rest > 0) + (rest > whole) - (rest <= -whole)


@inner
def ceil_div(numerator: Int, denominator: Int) -> Int:
    """Return the quotient rounded up; the denominator is above 0."""
    return -((-numerator) // denominator)


@inner
def leverage_bp(assets: Int, debt: Int) -> Int:
    """Return assets over net assets, rounded up; 1 without debt, NULL without net assets (definition 12)."""
    if debt == 0:
        return np.int64(BP)
    if assets <= debt:
        return np.int64(NULL)
    return ceil_div(assets * BP, assets - debt)


@inner
def state_of(cover: Int, debt: Int, withdrawal: Int, lines: Column, policy: Int, row: Int) -> Int:
    """Return the state's number: the gravest line of the row that the ratio is strictly under (definition 8).

    ``lines`` is [policy, line, row], from the mildest to the gravest; nothing is under a line that is 0.
    """
    if debt == 0:
        return NO_DEBT
    for line in range(lines.shape[1] - 1, -1, -1):
        if cover < debt * lines[policy, line, row]:
            return WARNING + line
    return WITHDRAWABLE if cover > debt * withdrawal else NORMAL


@inner
def cure_target_bp(targets: Column, lines: Column, policy: Int, state: Int, row: Int) -> Int:
    """Return the ratio that a cure restores: the policy's for the state, else today's warning line (definition 10).

    It never stops short of the line that the account is under. ``targets`` is [policy, state], 0 where it says nothing.
    """
    target = np.int64(targets[policy, state])
    if target == 0:
        return np.int64(lines[policy, 0, row])
    return max(target, np.int64(lines[policy, state - WARNING, row])) if state > NORMAL else target


@inner
def withdrawable_milli(margin: Int, free: Int, cover: Int, debt: Int, withdrawal: Int) -> Int:
    """Return the cash that may leave (definition 7)."""
    least = min(margin, free)
    if debt > 0:
        least = min(least, (cover - withdrawal * debt) // BP)
    return max(least, 0)


@inner
def withdrawable_securities_milli(
    free: Int, counted: Int, margin_bp: Int, cover: Int, debt: Int, withdrawal: Int
) -> Int:
    """Return the value of securities that may leave, the same part of each (definition 7, for securities).

    ``free`` is what is neither financed nor held back, ``counted`` the same × haircut; that and the available margin
    are in milli-yuan × 10 000. The part is what the available margin bears, and what stands above the withdrawal line
    bounds the value.
    """
    if margin_bp < 0 or free <= 0:
        return np.int64(0)
    least = free if counted <= margin_bp else floor_of_product(free, margin_bp, counted)
    if debt > 0:
        least = min(least, (cover - withdrawal * debt) // BP)
    return max(least, 0)


@inner
def cash_to_cure_milli(cover: Int, debt: Int, target: Int) -> Int:
    """Return the cash to add until the ratio is the target (definition 10)."""
    return max(ceil_div(target * debt - cover, BP), 0)


@inner
def repay_to_cure_milli(assets: Int, debt: Int, target: Int) -> Int:
    """Return the debt to repay from outside until the ratio is the target (definition 10)."""
    return max(ceil_div(target * debt - assets * BP, target), 0)


@inner
def repaid_first_milli(assets: Int, debt: Int, free: Int, target: Int) -> Int:
    """Return the free cash that repays before anything is sold (definition 10)."""
    lacking = target * debt - assets * BP
    if lacking <= 0:
        return np.int64(0)
    return np.int64(max(min(free, ceil_div(lacking, target - BP), debt), 0))


@inner
def sale_to_cure_milli(securities: Int, assets: Int, debt: Int, free: Int, target: Int, cost_ppm: Int) -> Int:
    """Return the securities to sell after free cash has repaid, or NOT_CURABLE (definition 10)."""
    repaid = repaid_first_milli(assets, debt, free, target)
    assets, debt = assets - repaid, debt - repaid
    lacking = target * debt - assets * BP
    if lacking <= 0:
        return 0
    lost = assets // PPM * cost_ppm + assets % PPM * cost_ppm // PPM  # ⌊assets × cost⌋: assets × ppm would not fit
    gain = target * (PPM - cost_ppm) - BP * PPM  # by which a sale lifts, in bp × ppm
    if assets - debt <= lost or gain <= 0:
        return NOT_CURABLE
    whole, rest = lacking // gain, lacking % gain  # lacking × ppm would not fit
    if whole > securities // PPM:
        return NOT_CURABLE
    sale = whole * PPM + ceil_div(rest * PPM, gain)
    return NOT_CURABLE if sale > securities else sale


@inner
def fall_bp(numerator: Int, denominator: Int) -> Int:
    """Return ``numerator / denominator`` in basis points, rounded down, kept within ±FALL_LIMIT_BP; NULL for ≤ 0."""
    if denominator <= 0:
        return np.int64(NULL)
    whole, rest = numerator // denominator, numerator % denominator
    if whole >= FALL_LIMIT_BP // BP:
        return np.int64(FALL_LIMIT_BP)
    if whole < -FALL_LIMIT_BP // BP:
        return np.int64(-FALL_LIMIT_BP)
    # rest × 10 000 may not fit: a float proposes, and the difference from the proposal, which fits, decides
    part = np.int64(float(rest) / float(denominator) * 10_000.0)
    left = rest * BP - part * denominator
    return whole * BP + part + (left >= denominator) - (left < 0)


@inner
def moving_row(
    board: Int, assets: Int, cover: Int, debt: Int, wake: Int, uppers: Column, policy: Int, count: Int
) -> Int:
    """Return the row of lines that applies today: 0 for the fixed ones (definition 9)."""
    if count == 0 or debt == 0 or cover > wake * debt:
        return 0
    return row_of_share(board, assets, uppers, policy, count)


@inner
def row_of_share(board: Int, assets: Int, uppers: Column, policy: Int, count: Int) -> Int:
    """Return the row, from 1, whose interval (lower, upper] holds the share ``board / assets``.

    Tables are indexed as [policy, row] and never cut: a view of one policy's row would cost more than the row.
    """
    row = 1
    while row < count and board * BP > uppers[policy, row] * assets:
        row += 1
    return row


@inner
def least_fall_bp(
    securities: Int,
    short: Int,
    assets: Int,
    debt: Int,
    board: Int,
    lines: Column,
    which: Int,
    uppers: Column,
    policy: Int,
    count: Int,
) -> Int:
    """Return the least fall after which the ratio is under the line of the row that *then* holds the share, or NULL.

    The share of STAR and ChiNext shares never rises as prices fall (cash does not fall with them), and a row's line
    never falls as its share rises. So the rows are met from today's downwards, and the first one that still holds the
    share where its own line is met gives the answer (definition 11).
    """
    for row in range(row_of_share(board, assets, uppers, policy, count), 0, -1):
        line = lines[policy, which, row]
        over = assets * BP - line * debt
        slope = securities * BP - line * short
        if line == 0 or slope <= 0:
            continue
        if row == 1 or share_is_above(uppers[policy, row - 1], line, securities, short, assets, debt, board):
            return fall_bp(over, slope)
    return np.int64(NULL)


@inner
def share_is_above(
    bound: Int, line: Int, securities: Int, short: Int, assets: Int, debt: Int, board: Int
) -> bool | np.bool_:
    """Say whether the share is above ``bound`` after the fall that meets ``line``.

    With the fall x = (A − line·D)/(S − line·V), the share b(1 − x)/(A − xS) is above u exactly when
    b·(S − line·V − A + line·D) > u·line·(D·S − A·V), where both brackets must be above 0. The products need 128 bits.
    """
    left = line * (debt - short) - (assets - securities) * BP
    if left <= 0 or board == 0:
        return False
    high, low = product(debt, securities)
    less_high, less_low = product(assets, short)
    if high < less_high or (high == less_high and low <= less_low):
        return False
    borrow = np.uint64(low < less_low)
    right_high, right_low = times(high - less_high - borrow, low - less_low, bound * line)
    left_high, left_low = product(board * BP, left)
    return left_high > right_high or (left_high == right_high and left_low > right_low)


@inner
def floor_of_product(a: Int, b: Int, divisor: Int) -> Int:
    """Return a × b / divisor rounded down, all three above or at 0, the divisor above 0 and the result below 10^15.

    The product needs 128 bits. The float quotient is within one of the answer, and exact words decide.
    """
    quotient = np.int64(float(a) * float(b) / float(divisor))
    high, low = product(a, b)
    high_of, low_of = product(quotient, divisor)
    if high_of > high or (high_of == high and low_of > low):
        return quotient - 1
    high_of, low_of = product(quotient + 1, divisor)
    return quotient + (high_of < high or (high_of == high and low_of <= low))


@inner
def product(a: Int, b: Int) -> tuple[np.uint64, np.uint64]:
    """Return a × b as the high and the low 64 bits; neither is below 0."""
    return product_of_words(np.uint64(a), np.uint64(b))


@inner
def times(high: np.uint64, low: np.uint64, factor: Int) -> tuple[np.uint64, np.uint64]:
    """Return (high, low) × factor, which must fit in 128 bits."""
    carried, result = product_of_words(low, np.uint64(factor))
    return high * np.uint64(factor) + carried, result


@inner
def product_of_words(a: np.uint64, b: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Return a × b of two unsigned words as the high and the low 64 bits."""
    mask, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    a_high, a_low = a >> half, a & mask
    b_high, b_low = b >> half, b & mask
    low = a_low * b_low
    middle = a_high * b_low + (low >> half)
    cross = a_low * b_high + (middle & mask)
    return a_high * b_high + (middle >> half) + (cross >> half), (cross << half) | (low & mask)
