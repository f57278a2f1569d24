"""Ranges with explicit inclusive or exclusive bounds, as rules type them: ``180% <= x < 240%``.

What lives here: one range, and whether a number lies in it. What does not: whether the ranges of a table leave a gap or
overlap (``table.py``). Numbers here are integers in the unit of the column, so a bound is always exact.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

_RANGE = re.compile(
    r"^(?:(?P<low>[^<>=]+?)\s*(?P<low_sign><=|<)\s*)?x(?:\s*(?P<high_sign><=|<|>=|>)\s*(?P<high>[^<>=]+?))?$"
)


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from ``low`` to ``high``; a bound that is ``None`` is not there.

    >>> row = parse_range("180% <= x < 240%", bound=lambda typed: int(typed.rstrip("%")) * 100)
    >>> 18_000 in row, 24_000 in row
    (True, False)
    """

    low: int | None
    low_included: bool
    high: int | None
    high_included: bool

    def __contains__(self, number: int | Fraction) -> bool:
        above = self.low is None or number > self.low or (self.low_included and number == self.low)
        below = self.high is None or number < self.high or (self.high_included and number == self.high)
        return above and below

    def meets(self, other: Range) -> bool:
        """Say whether some number lies in both (numbers between two neighbouring integers count too)."""
        return not (_ends_before(self, other) or _ends_before(other, self))

    def show(self, bound: Callable[[int], str]) -> str:
        """Return the range as text, with each bound shown by ``bound``."""
        if self.low is None and self.high is None:
            return "any"
        if self.low is None and self.high is not None:
            return f"{'≤' if self.high_included else '<'} {bound(self.high)}"
        if self.high is None and self.low is not None:
            return f"{'≥' if self.low_included else '>'} {bound(self.low)}"
        assert self.low is not None
        assert self.high is not None
        if self.low == self.high:
            return f"= {bound(self.low)}"
        left, right = "[" if self.low_included else "(", "]" if self.high_included else ")"
        return f"{left}{bound(self.low)}, {bound(self.high)}{right}"


def parse_range(typed: str, *, bound: Callable[[str], int]) -> Range:
    """Return the range that was typed; ``bound`` reads each bound and may raise ``ValueError``.

    ``any`` has no bounds. ``x`` stands beside its bounds: ``x < 180%``, ``180% <= x < 240%``, ``x = 200%``.
    """
    if typed == "any":
        return Range(None, False, None, False)
    if typed.startswith("x = "):
        point = bound(typed.removeprefix("x = "))
        return Range(point, True, point, True)
    match = _RANGE.match(typed)
    if match is None or (match["low"] is None and match["high"] is None):
        raise ValueError(f"found {typed!r}; expected a range such as '180% <= x < 240%', 'x < 180%' or 'any'")
    if match["high_sign"] in (">", ">="):
        if match["low"] is not None:
            raise ValueError(f"found {typed!r}, whose bounds point apart; write '180% <= x < 240%'")
        return Range(bound(match["high"]), match["high_sign"] == ">=", None, False)
    low = None if match["low"] is None else bound(match["low"])
    high = None if match["high"] is None else bound(match["high"])
    if low is not None and high is not None and low >= high:
        raise ValueError(f"found {typed!r}, which holds no number; write the smaller bound first")
    return Range(low, match["low_sign"] == "<=", high, match["high_sign"] == "<=")


def _ends_before(first: Range, second: Range) -> bool:
    if first.high is None or second.low is None:
        return False
    return first.high < second.low or (first.high == second.low and not (first.high_included and second.low_included))
