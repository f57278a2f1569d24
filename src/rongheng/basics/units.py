"""Units: what a number counts, how the published spellings of a unit scale to ours, and how a number is shown.

Our own units are yuan, shares, persons or firms, index points and fractions (0.25, never 25). Prices, which the account
half decides by, are whole milli-yuan; other money of that half does not pass through here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What one column of a canonical table is measured in."""

    YUAN = "yuan"
    MILLI = "milli-yuan"  # whole: prices, which decide
    SHARES = "shares"
    COUNT = "count"
    POINTS = "points"
    FRACTION = "fraction"
    RATIO = "ratio"  # a fraction that is usually above 1 and shown as a percentage, such as the maintenance ratio
    TIMES = "times"  # a multiple, shown as 1.60
    SESSIONS = "sessions"
    DATE = "date"
    TEXT = "text"
    SWITCH = "yes or no"
    SIGMA = "sigma"  # standard deviations
    ROW = "row"  # each row names its own unit, in its column ``unit``


@dataclass(frozen=True, slots=True)
class Scale:
    """How a published unit turns into ours: multiply by ``numerator / denominator``."""

    unit: Unit
    numerator: int
    denominator: int = 1

    def apply(self, value: float) -> float:
        """Return the value in our unit. One multiplication and one division, each rounded once.

        >>> Scale(Unit.YUAN, 100_000_000).apply(704.53)
        70453000000.0
        """
        return value * self.numerator / self.denominator


# The spellings that a header, a 单位 row or --unit may use.
SPELLINGS: dict[str, Scale] = {
    "元": Scale(Unit.YUAN, 1),
    "人民币元": Scale(Unit.YUAN, 1),
    "yuan": Scale(Unit.YUAN, 1),
    "cny": Scale(Unit.YUAN, 1),
    "千元": Scale(Unit.YUAN, 1_000),
    "万元": Scale(Unit.YUAN, 10_000),
    "百万元": Scale(Unit.YUAN, 1_000_000),
    "亿元": Scale(Unit.YUAN, 100_000_000),
    "股": Scale(Unit.SHARES, 1),
    "份": Scale(Unit.SHARES, 1),
    "股/份": Scale(Unit.SHARES, 1),
    "股(份)": Scale(Unit.SHARES, 1),
    "手": Scale(Unit.SHARES, 100),
    "万手": Scale(Unit.SHARES, 1_000_000),
    "万股": Scale(Unit.SHARES, 10_000),
    "万份": Scale(Unit.SHARES, 10_000),
    "亿股": Scale(Unit.SHARES, 100_000_000),
    "亿份": Scale(Unit.SHARES, 100_000_000),
    "万股/份": Scale(Unit.SHARES, 10_000),
    "万股(份)": Scale(Unit.SHARES, 10_000),
    "亿股/亿份": Scale(Unit.SHARES, 100_000_000),
    "万股/万份": Scale(Unit.SHARES, 10_000),
    "亿股/份": Scale(Unit.SHARES, 100_000_000),
    "亿股(份)": Scale(Unit.SHARES, 100_000_000),
    "shares": Scale(Unit.SHARES, 1),
    "家": Scale(Unit.COUNT, 1),
    "名": Scale(Unit.COUNT, 1),
    "人": Scale(Unit.COUNT, 1),
    "户": Scale(Unit.COUNT, 1),
    "个": Scale(Unit.COUNT, 1),
    "万名": Scale(Unit.COUNT, 10_000),
    "万人": Scale(Unit.COUNT, 10_000),
    "万户": Scale(Unit.COUNT, 10_000),
    "万家": Scale(Unit.COUNT, 10_000),
    "persons": Scale(Unit.COUNT, 1),
    "点": Scale(Unit.POINTS, 1),
    "points": Scale(Unit.POINTS, 1),
    "%": Scale(Unit.FRACTION, 1, 100),
    "％": Scale(Unit.FRACTION, 1, 100),
    "percent": Scale(Unit.FRACTION, 1, 100),
    "百分比": Scale(Unit.FRACTION, 1, 100),
    "小数": Scale(Unit.FRACTION, 1),
    "fraction": Scale(Unit.FRACTION, 1),
    "倍": Scale(Unit.TIMES, 1),
    "bp": Scale(Unit.FRACTION, 1, 10_000),
}


def find_scale(spelling: str) -> Scale | None:
    """Return the scale of a published unit, or ``None`` when we do not know the spelling.

    >>> find_scale("亿元")
    Scale(unit=<Unit.YUAN: 'yuan'>, numerator=100000000, denominator=1)
    """
    return SPELLINGS.get(spelling.strip().lower().replace("（", "(").replace("）", ")"))


def fits(scale: Scale, unit: Unit) -> bool:
    """Say whether a published unit can be the unit of that column (a ratio is a fraction above 1)."""
    return scale.unit is unit or {scale.unit, unit} in (
        {Unit.FRACTION, Unit.RATIO},
        {Unit.YUAN, Unit.MILLI},
        {Unit.TIMES, Unit.RATIO},
    )


def scaled_to(scale: Scale, unit: Unit) -> Scale:
    """Return the scale that leads to a column's own unit: amounts in yuan become milli-yuan where it holds those.

    >>> scaled_to(Scale(Unit.YUAN, 1), Unit.MILLI)
    Scale(unit=<Unit.MILLI: 'milli-yuan'>, numerator=1000, denominator=1)
    """
    if unit is Unit.MILLI and scale.unit is Unit.YUAN:
        return Scale(Unit.MILLI, scale.numerator * 1_000, scale.denominator)
    return scale
