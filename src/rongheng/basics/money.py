"""Money that decides: whole milli-yuan (厘, 0.001 yuan), and the named ways of rounding to them.

What lives here: scales, bounds and roundings that both wings and the rulebook may use. What does not: any rule's
number, and the display of money (the edge converts). A-share prices have two decimals, fund and bond prices three, so
a price is a whole number of milli-yuan, and quantity × price is exact.

The roundings work on Python integers and on int64 columns alike, and never touch a float. Which way each rounds is in
its name; which one a number takes is decided where the number is defined, and never shows an account safer than it is.
"""

from __future__ import annotations

import re
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from rongheng.basics.errors import UsageError

MILLI: Final = 1_000  # milli-yuan in a yuan
FEN: Final = 10  # milli-yuan in a fen (分), the smallest amount that is paid
BP: Final = 10_000  # basis points in 1
PPM: Final = 1_000_000  # parts per million in 1

# The bounds under which every test of the kernels stays inside int64; a test stands at each.
AMOUNT_LIMIT_MILLI: Final = 10**14  # assets, debt or short proceeds of one account: below 10^11 yuan
PRICE_LIMIT_MILLI: Final = 2**31  # one share: below 2.1 million yuan
QUANTITY_LIMIT: Final = 10**12  # shares of one security in one account
MARGIN_RATIO_LIMIT_BP: Final = 50_000  # 500 %: brokers have published 300 %
LINE_LIMIT_BP: Final = 90_000  # 900 %: a maintenance line
RATE_LIMIT_PPM: Final = 1_000_000  # 100 % a year
TERM_LIMIT_DAYS: Final = 10_000  # days of interest at once

Whole = TypeVar("Whole", int, NDArray[np.int64])

_YUAN = re.compile(r"^(-?)(\d+|\d{1,3}(?:[_,]\d{3})+)(?:\.(\d{1,3}))?$")


def floor_bp(part: Whole, whole: Whole) -> Whole:
    """Return ``part / whole`` in basis points, rounded down: for what is better when it is high (a ratio of cover).

    >>> floor_bp(557_000, 252_500)
    22059
    """
    return part * BP // whole


def ceil_bp(part: Whole, whole: Whole) -> Whole:
    """Return ``part / whole`` in basis points, rounded up: for what is worse when it is high (a share, a leverage).

    >>> ceil_bp(1, 3)
    3334
    """
    return -(-part * BP // whole)


def floor_milli(numerator: Whole, denominator: Whole) -> Whole:
    """Return the quotient as whole milli-yuan, rounded down: for what a client may take.

    >>> floor_milli(-7, 2)
    -4
    """
    return numerator // denominator


def ceil_milli(numerator: Whole, denominator: Whole) -> Whole:
    """Return the quotient as whole milli-yuan, rounded up: for what a client owes or must bring.

    >>> ceil_milli(7, 2)
    4
    """
    return -(-numerator // denominator)


def half_up_fen(milli: Whole) -> Whole:
    """Return the amount rounded to a whole fen (分), a half upwards, still in milli-yuan: for amounts that are paid.

    >>> half_up_fen(12_345), half_up_fen(-12_345)
    (12350, -12340)
    """
    return (milli + FEN // 2) // FEN * FEN


def half_up_tick(numerator: Whole, denominator: int, *, tick_milli: int) -> Whole:
    """Return the quotient, in milli-yuan, rounded to a whole tick, a half upwards: for prices that an exchange reckons.

    >>> half_up_tick(10_050 * 11_000, BP, tick_milli=10)  # 11.055 yuan
    11060
    """
    ticks = denominator * tick_milli
    return (2 * numerator + ticks) // (2 * ticks) * tick_milli


def floor_fen(milli: Whole) -> Whole:
    """Return the amount rounded down to a whole fen (分), still in milli-yuan: for what is shown of what a client has.

    >>> floor_fen(123_076_924)
    123076920
    """
    return milli // FEN * FEN


def ceil_fen(milli: Whole) -> Whole:
    """Return the amount rounded up to a whole fen (分), still in milli-yuan: for amounts that a client is asked to pay.

    >>> ceil_fen(123_076_924), ceil_fen(10)
    (123076930, 10)
    """
    return -(-milli // FEN) * FEN


def parse_yuan(typed: str) -> int:
    """Return an amount typed in yuan as milli-yuan, exactly.

    >>> parse_yuan("1,234.5"), parse_yuan("-0.001")
    (1234500, -1)

    Raises
    ------
    UsageError
        The text is no number of yuan with at most three decimals.
    """
    match = _YUAN.match(typed.strip())
    if match is None:
        raise UsageError(f"found {typed!r}; expected an amount in yuan with at most three decimals, such as 1234.567.")
    sign, yuan, decimals = match.groups()
    milli = int(yuan.replace(",", "").replace("_", "")) * MILLI + int((decimals or "0").ljust(3, "0"))
    return -milli if sign else milli


def show_yuan(milli: int) -> str:
    """Return milli-yuan as text in yuan, with every decimal that is not zero and at least two.

    >>> show_yuan(1_234_500), show_yuan(-1)
    ('1,234.50', '-0.001')
    """
    yuan, rest = divmod(abs(milli), MILLI)
    decimals = f"{rest:03d}"
    shown = f"{yuan:,}.{decimals if decimals[2] != '0' else decimals[:2]}"
    return f"-{shown}" if milli < 0 else shown
