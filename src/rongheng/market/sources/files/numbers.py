"""Numbers as files write them. A decimal is scaled in its text, so that it is rounded once, to the nearest double.

704.53 亿元 becomes the double nearest to 70,453,000,000 and not the product of two rounded ones.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from rongheng.basics.units import Scale, Unit

# What stands in a cell that has no value.
BLANKS = (
    "",
    "-",
    "--",
    "---",
    "—",
    "——",
    "–",
    "n/a",
    "#n/a",
    "na",
    "nan",
    "nil",
    "null",
    "none",
    "\\n",
    "无",
    "暂无",
    "暂无数据",
    "不适用",
    "未披露",
    "…",
    "……",
)

_HALF_WIDTH = {
    **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
    "，": ",", "．": ".", "％": "%", "－": "-", "−": "-", "＋": "+", "＃": "#", "／": "/",
    "\ufeff": "", "\u200b": "", "\ufffc": "",
}  # fmt: skip
_PLAIN = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"
_GROUPED = r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?$"
_NEGATIVE = r"^\(([\d,.]+)\)$"  # as accountants print it
_MAGNITUDES = {"元": 0, "股": 0, "份": 0} | {
    word + of: power for word, power in (("万", 4), ("亿", 8), ("万亿", 12)) for of in ("", "元", "股", "份")
}
_UNIT_WORDS = {Unit.YUAN: ("万", "亿", "元"), Unit.SHARES: ("股", "份")}
_WORDED = r"^(.*\d\)?) ?((?:万亿|万|亿)?[元股份]?)$"
_GUARD = r'^="?(.*?)"?$'


class Cells(NamedTuple):
    """A column of text cells that hold numbers."""

    text: pl.Series  # null is an empty cell
    scale: Scale  # the published unit; a power of ten
    unit: Unit  # what it measures; a per cent sign in a cell is a unit of its own, for fractions and ratios only

    @property
    def power(self) -> int:
        """The published unit, as a power of ten."""
        scale = self.scale
        power = round(math.log10(scale.numerator / scale.denominator))
        assert scale.numerator == scale.denominator * 10**power or scale.denominator == scale.numerator * 10**-power
        return power


def says_magnitude(cell: str, unit: Unit) -> bool:
    """Say whether a cell carries its own unit, so that its column needs none: 1.5亿 of yuan, 1.5亿股 of shares.

    >>> says_magnitude("1.5亿", Unit.YUAN), says_magnitude("1.5亿", Unit.SHARES), says_magnitude("1.5亿股", Unit.SHARES)
    (True, False, True)
    """
    match = re.match(_WORDED, cell)
    word = match[2] if match else ""
    return word in _MAGNITUDES and (word.endswith(_UNIT_WORDS[unit]) if unit in _UNIT_WORDS else False)


def numbers(column: pl.Series, *, scale: Scale, unit: Unit) -> tuple[pl.Series, pl.Series]:
    """Return the numbers of a column of text in our unit, and which cells hold something that is no number.

    Examples
    --------
    >>> cells = pl.Series(["704.53", "1,234.5", "--", "x"])
    >>> values, bad = numbers(cells, scale=Scale(Unit.YUAN, 10**8), unit=Unit.YUAN)
    >>> values.to_list(), bad.to_list()
    ([70453000000.0, 123450000000.0, None, None], [False, False, False, True])
    """
    ((values, bad),) = numbers_of_each([Cells(column, scale, unit)])
    return values, pl.repeat(False, column.len(), eager=True) if bad is None else bad


def numbers_of_each(columns: Sequence[Cells]) -> list[tuple[pl.Series, pl.Series | None]]:
    """Return for each column its numbers in our unit, and which cells hold something that is no number.

    All columns are read at once: a column of a day's answer is short, and most of what reading it takes is the call.

    Parameters
    ----------
    columns : of the same length

    Returns
    -------
    (Float64, Boolean or ``None``) for each column, of its length
        Null where the cell is blank (``BLANKS``) or bad; true where it is bad, ``None`` where no cell is.
    """
    names = {str(place): one for place, one in enumerate(columns)}
    texts = pl.DataFrame([one.text.alias(name) for name, one in names.items()]).select(pl.all().str.strip_chars())
    values = texts.select(_cast(pl.col(name), one.power) for name, one in names.items())
    values = values.select(pl.when(pl.col(name).is_finite()).then(name) for name in names)  # "nan" needs more care
    left = [name for name in names if values[name].null_count() != texts[name].null_count()]
    if left:
        grouped = texts.select(_grouped(name, names[name].power) for name in left)
        values = values.with_columns(pl.coalesce(name, grouped[name]).alias(name) for name in left)
    return [_with_care(values[name], texts[name], one) for name, one in names.items()]


def _cast(text: pl.Expr, power: int) -> pl.Expr:
    return (text if power == 0 else text + f"e{power}").cast(pl.Float64, strict=False)


def _grouped(name: str, power: int) -> pl.Expr:
    text = pl.col(name)
    plain = text.str.replace_all(",", "", literal=True)
    return pl.when(text.str.contains(_GROUPED)).then(_cast(plain, power)).alias(name)


def _with_care(values: pl.Series, text: pl.Series, cells: Cells) -> tuple[pl.Series, pl.Series | None]:
    """Return the numbers, those included that stand in another dress, and which cells are no number."""
    if values.null_count() == text.null_count():  # every cell that is not empty holds a number
        return values, None
    left = (text.is_not_null() & values.is_null()).arg_true()
    slow, unreadable = _careful(text.gather(left), power=cells.power, unit=cells.unit)
    bad = pl.repeat(False, text.len(), eager=True).scatter(left, unreadable) if unreadable.any() else None
    return values.scatter(left, slow), bad


def _careful(text: pl.Series, *, power: int, unit: Unit) -> tuple[pl.Series, pl.Series]:
    signs_count = unit in (Unit.FRACTION, Unit.RATIO)
    cell = pl.col("cell")
    words = _MAGNITUDES if unit in (Unit.YUAN, Unit.SHARES) else {}
    body = pl.col("body")
    frame = (
        pl.DataFrame({"cell": text})
        .with_columns(
            cell.str.replace_many(_HALF_WIDTH).str.extract(_GUARD).fill_null(cell.str.replace_many(_HALF_WIDTH))
        )
        .with_columns(cell.str.strip_chars())
        .with_columns(percent=cell.str.ends_with("%"), body=cell.str.strip_suffix("%").str.strip_chars())
        .with_columns(word=body.str.extract(_WORDED, 2).fill_null("") if words else pl.lit(""))
        .with_columns(
            own=pl.col("word").replace_strict(words, default=None, return_dtype=pl.Int64),
            body=pl.when(pl.col("word") != "").then(body.str.extract(_WORDED, 1)).otherwise("body"),
        )
        .with_columns(body=body.str.replace(_NEGATIVE, "-$1"))
        .with_columns(body=pl.when(body.str.contains(_GROUPED)).then(body.str.replace_all(",", "")).otherwise("body"))
        .with_columns(good=body.str.contains(_PLAIN) & (~pl.col("percent") | signs_count))
        # A cell of its own unit must not stand under another: 1.5亿 under 万元 is no number.
        .with_columns(
            good="good" if power == 0 else pl.col("good") & (pl.col("own").is_null() | (pl.col("own") == power))
        )
        .with_columns(power=pl.coalesce("own", pl.lit(power)))
        .with_columns(value=pl.when("good").then(_scaled()))
        .with_columns(blank=cell.str.to_lowercase().is_in(BLANKS))
    )
    return frame["value"], ~frame["blank"] & frame["value"].is_null()


def _scaled() -> pl.Expr:
    """The number in ``body``; an exponent of its own is scaled by one multiplication instead."""
    body, power = pl.col("body"), pl.col("power")
    own_exponent = body.str.contains("[eE]")
    shift = pl.when("percent").then(pl.lit("e-2")).otherwise(pl.format("e{}", power))
    factor = pl.when("percent").then(pl.lit(0.01)).otherwise(pl.lit(10.0) ** power)
    plain = (body + shift).cast(pl.Float64, strict=False)
    return pl.when(own_exponent).then(body.cast(pl.Float64, strict=False) * factor).otherwise(plain)
