"""How numbers stand in an explanation: money in 亿, fractions in per cent."""

from __future__ import annotations


def yi(amount: float) -> str:
    """Return yuan as 亿 with two decimals.

    >>> yi(1_821_322_000_000)
    '18,213.22'
    """
    return f"{amount / 1e8:,.2f}"


def percent(fraction: float, decimals: int = 2) -> str:
    """Return a fraction in per cent.

    >>> percent(-0.0326)
    '-3.26 %'
    """
    return f"{fraction * 100:.{decimals}f} %"
