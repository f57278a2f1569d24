"""How a figure is written for a reader: by its unit, in Chinese and in English.

What lives here: rounding for display, signs, dashes for what is missing, the scale of a column or an axis. What does
not: any arithmetic between figures. Decimals are rounded half to even of the binary number, as Python formats it; the
workbook and the JSON output carry the figure unrounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from math import isfinite

from rongheng.basics.text import Language, Text
from rongheng.basics.units import Unit

MISSING = "—"
NBSP = "\u00a0"  # between a number and its unit, so that no line breaks there
MINUS = "−"

Value = float | int | str | date | None


@dataclass(frozen=True, slots=True)
class Scale:
    """What a number is divided by before it is shown, the name of the result, and its decimals."""

    divisor: float
    label: Text
    decimals: int

    def show(self, value: float | None, *, signed: bool = False) -> str:
        """Return the bare number, without its unit: that stands at the head of the column or the axis.

        >>> Scale(1e8, Text("亿元", "CNY 100 mn"), 2).show(-61_334_000_000, signed=True)
        '−613.34'
        """
        if value is None or not isfinite(value):
            return MISSING
        return _number(value / self.divisor, self.decimals, signed=signed)


YUAN_AXIS: dict[Language, Scale] = {  # of figures whose money is that of groups, not of the market
    "zh": Scale(1e8, Text("亿元", "CNY 100m"), 1),
    "en": Scale(1e9, Text("", "CNY bn"), 2),
}
EXACT = Scale(1, Text("", ""), 0)  # counts that are never abridged
_PERCENT = Scale(0.01, Text("%", "%"), 2)
_PLAIN = Text("", "")
_SCALES: dict[Unit, Scale] = {
    Unit.MILLI: Scale(1_000, Text("元", "CNY"), 3),
    Unit.FRACTION: _PERCENT,
    Unit.RATIO: _PERCENT,
    Unit.TIMES: Scale(1, Text("倍", "times"), 2),
    Unit.POINTS: Scale(1, Text("点", "points"), 2),
    Unit.SIGMA: Scale(1, Text("σ", "σ"), 2),
    Unit.SESSIONS: Scale(1, Text("交易日", "sessions"), 0),
    Unit.COUNT: Scale(1, _PLAIN, 0),
    Unit.DATE: Scale(1, _PLAIN, 0),
    Unit.TEXT: Scale(1, _PLAIN, 0),
    Unit.SWITCH: Scale(1, _PLAIN, 0),
    Unit.ROW: Scale(1, _PLAIN, 4),  # for want of the row's own unit
}

# From the largest on: the least amount from which the scale is used in a sentence.
_CHINESE_LADDERS: dict[Unit, tuple[tuple[float, float, str], ...]] = {
    Unit.YUAN: ((1e12, 1e12, "万亿元"), (1e8, 1e8, "亿元"), (1e4, 1e4, "万元"), (0, 1, "元")),
    Unit.SHARES: ((1e8, 1e8, "亿股"), (1e4, 1e4, "万股"), (0, 1, "股")),
    Unit.COUNT: ((1e4, 1e4, "万"),),
}
_ENGLISH_LADDER = ((1e12, 1e12, "tn"), (1e9, 1e9, "bn"), (1e6, 1e6, "mn"))


def display(value: Value, unit: Unit, language: Language, *, signed: bool = False) -> str:
    """Return one figure with its unit, as it stands in a sentence.

    Parameters
    ----------
    value : number, date, text or None
        In our unit: yuan, fractions, counts. ``None``, NaN and infinities are shown as a dash.
    unit : Unit
    language : ``zh`` or ``en``
    signed : bool
        Put a plus before what is above zero (for changes).

    Examples
    --------
    >>> display(1.8565e12, Unit.YUAN, "zh"), display(2.4895, Unit.RATIO, "zh"), display(None, Unit.YUAN, "zh")
    ('1.86\xa0万亿元', '248.95\xa0%', '—')
    >>> display(1.8565e12, Unit.YUAN, "en"), display(1.671, Unit.TIMES, "en")
    ('CNY\xa01.86\xa0tn', '1.67×')
    >>> display(-0.0326, Unit.FRACTION, "en", signed=True)
    '−3.26\xa0%'
    """
    if value is None:
        return MISSING
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value or MISSING
    if not isfinite(value):
        return MISSING
    if unit is Unit.YUAN or unit is Unit.SHARES or unit is Unit.COUNT:
        return _amount(value, unit, language, signed=signed)
    return _measure(value, unit, language, signed=signed)


def _measure(value: float, unit: Unit, language: Language, *, signed: bool) -> str:
    scale = _SCALES[unit]
    number = scale.show(value, signed=signed)
    if unit is Unit.TIMES:
        return f"{number}×"
    if unit is Unit.SESSIONS:
        plural = "session" if number.lstrip(f"+{MINUS}") == "1" else "sessions"
        return f"{number}{NBSP}{'个交易日' if language == 'zh' else plural}"
    label = scale.label.in_(language)
    return f"{number}{NBSP}{label}" if label else number


def _amount(value: float, unit: Unit, language: Language, *, signed: bool) -> str:
    ladder = _CHINESE_LADDERS[unit] if language == "zh" else _ENGLISH_LADDER
    prefix = f"CNY{NBSP}" if language == "en" and unit is Unit.YUAN else ""
    suffix = f"{NBSP}shares" if language == "en" and unit is Unit.SHARES else ""
    for least, divisor, name in ladder:
        if abs(value) >= least and divisor > 1:
            return f"{prefix}{_number(value / divisor, _decimals(value / divisor), signed=signed)}{NBSP}{name}{suffix}"
    name = ladder[-1][2] if ladder[-1][1] == 1 else ""
    number = _number(value, 0, signed=signed)
    return f"{prefix}{number}{NBSP}{name}{suffix}" if name else f"{prefix}{number}{suffix}"


def _decimals(scaled: float) -> int:
    """Two decimals, one from a hundred on, none from ten thousand on: four or five digits that matter."""
    size = abs(scaled)
    return 2 if size < 100 else 1 if size < 10_000 else 0


def _number(value: float, decimals: int, *, signed: bool) -> str:
    text = f"{abs(value):,.{decimals}f}"
    if not any(digit in "123456789" for digit in text):
        return text  # what rounds to nothing has no sign
    if value < 0:
        return MINUS + text
    return f"+{text}" if signed else text


def band(from_bp: int | None, below_bp: int | None) -> str:
    """Return the name of a band of ratios or shares that holds its lower bound and not its upper one.

    >>> band(13_000, 14_000), band(None, 10_000), band(50_000, None), band(0, 500)
    ('130–140%', '<100%', '≥500%', '0–5%')
    """
    if from_bp is None:
        return MISSING if below_bp is None else f"<{below_bp / 100:g}%"
    return f"≥{from_bp / 100:g}%" if below_bp is None else f"{from_bp / 100:g}–{below_bp / 100:g}%"


def typeset(text: str) -> str:
    """Return a sentence with its numbers set as this module sets them, whoever wrote it.

    Units keep to their numbers, minus signs are minus signs, and no blank parts two Chinese characters.

    >>> typeset("由 248.95% 变为 250%，1.15 万亿元 的 -3.2%，+20亿元")
    '由 248.95\xa0% 变为 250\xa0%，1.15\xa0万亿元的 −3.2\xa0%，+20\xa0亿元'
    """
    text = _CHINESE_BLANK.sub("", text)
    text = _PERCENT_SIGN.sub(f"{NBSP}%", text)
    text = _CHINESE_UNIT.sub(NBSP, text)
    return _HYPHEN_MINUS.sub(MINUS, text)


_PERCENT_SIGN = re.compile(r"(?<=\d) ?%")
_CHINESE_UNIT = re.compile(r"(?<=\d) ?(?=[万亿]*[元股名户家])")
_HYPHEN_MINUS = re.compile(r"(?<![\w-])-(?=\d)")
_CHINESE_BLANK = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")


def column_scale(unit: Unit, values: Iterable[float | int | None], language: Language) -> Scale:
    """Return one scale for all the figures of a column or an axis: money by its largest entry, the rest by its unit.

    >>> column_scale(Unit.YUAN, [1.8e12, 6e10], "zh").label.zh
    '亿元'
    """
    if unit not in (Unit.YUAN, Unit.SHARES, Unit.COUNT):
        return _SCALES[unit]
    largest = max((abs(value) for value in values if value is not None and isfinite(value)), default=0.0)
    if unit is Unit.YUAN:
        return _money_scale(largest, language)
    if language == "zh" and largest >= 1e5:
        word = "万股" if unit is Unit.SHARES else "万"
        return Scale(1e4, Text(word, word), 2)
    if language == "en" and largest >= 1e6:
        return Scale(1e6, Text("mn", "mn"), 3)
    return Scale(1, _PLAIN, 0)


def _money_scale(largest: float, language: Language) -> Scale:
    """Chinese tables count in 亿元 whatever the size, as the publishers do; English ones in billions."""
    large, small = _MONEY_SCALES[language]
    return large if largest >= large.divisor / 10 else small


_MONEY_SCALES: dict[Language, tuple[Scale, Scale]] = {
    "zh": (Scale(1e8, Text("亿元", "CNY 100 mn"), 2), Scale(1e4, Text("万元", "CNY 10,000"), 2)),
    "en": (Scale(1e9, Text("十亿元", "CNY bn"), 2), Scale(1e3, Text("千元", "CNY k"), 1)),
}
