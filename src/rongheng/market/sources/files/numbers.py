"""Numbers as files write them. A decimal is scaled in its text, so that it is rounded once, to the nearest double.

704.53 亿元 becomes the double nearest to 70,453,000,000 and not the product of two rounded ones.
"""

from __future__ import annotations

import math

import polars as pl

from rongheng.basics.units import Scale, Unit

# What stands in a cell that has no value.
BLANKS = ("", "-", "--", "---", "—", "——", "–", "n/a", "#n/a", "na", "nan", "nil", "null", "none", "\\n", "无", "暂无")

_HALF_WIDTH = {
    **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
    "，": ",", "．": ".", "％": "%", "－": "-", "−": "-", "＋": "+", "＃": "#", "／": "/",
    "\ufeff": "", "\u200b": "", "\ufffc": "",
}  # fmt: skip
_PLAIN = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"
_GROUPED = r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?$"
_GUARD = r'^="?(.*?)"?$'


def numbers(column: pl.Series, *, scale: Scale, unit: Unit) -> tuple[pl.Series, pl.Series]:
    """Return the numbers of a column of text in our unit, and which cells hold something that is no number.

    Parameters
    ----------
    column : String
        Null is an empty cell.
    scale : the published unit; a power of ten
    unit : what the column measures; a per cent sign in a cell is a unit of its own, for fractions and ratios only

    Returns
    -------
    (Float64, Boolean), of the same length
        Null where the cell is blank (``BLANKS``) or bad; true where it is bad.

    Examples
    --------
    >>> cells = pl.Series(["704.53", "1,234.5", "--", "x"])
    >>> values, bad = numbers(cells, scale=Scale(Unit.YUAN, 10**8), unit=Unit.YUAN)
    >>> values.to_list(), bad.to_list()
    ([70453000000.0, 123450000000.0, None, None], [False, False, False, True])
    """
    text = column.str.strip_chars()
    power = round(math.log10(scale.numerator / scale.denominator))
    assert scale.numerator == scale.denominator * 10**power or scale.denominator == scale.numerator * 10**-power
    values = _cast(text, power)
    if values.null_count() == column.null_count():  # every cell that is not empty holds a plain number
        return values, pl.repeat(False, column.len(), eager=True)
    grouped = (values.is_null() & text.str.contains(_GROUPED)).fill_null(value=False).arg_true()
    if grouped.len():
        values = values.scatter(grouped, _cast(text.gather(grouped).str.replace_all(",", "", literal=True), power))
    left = (text.is_not_null() & values.is_null()).arg_true()
    bad = pl.repeat(False, column.len(), eager=True)
    if left.len():
        slow, unreadable = _careful(text.gather(left), power=power, unit=unit)
        values = values.scatter(left, slow)
        bad = bad.scatter(left, unreadable)
    return values, bad


def _cast(text: pl.Series, power: int) -> pl.Series:
    shifted = text if power == 0 else text + f"e{power}"
    values = shifted.cast(pl.Float64, strict=False)
    finite = values.is_finite()
    return values if finite.all() else values.set(~finite, None)  # "nan" and "inf" are looked at with more care


def _careful(text: pl.Series, *, power: int, unit: Unit) -> tuple[pl.Series, pl.Series]:
    signs_count = unit in (Unit.FRACTION, Unit.RATIO)
    cell = pl.col("cell")
    frame = (
        pl.DataFrame({"cell": text})
        .with_columns(
            cell.str.replace_many(_HALF_WIDTH).str.extract(_GUARD).fill_null(cell.str.replace_many(_HALF_WIDTH))
        )
        .with_columns(cell.str.strip_chars())
        .with_columns(percent=cell.str.ends_with("%"), body=cell.str.strip_suffix("%").str.strip_chars())
        .with_columns(
            body=pl.when(pl.col("body").str.contains(_GROUPED))
            .then(pl.col("body").str.replace_all(",", ""))
            .otherwise("body")
        )
        .with_columns(good=pl.col("body").str.contains(_PLAIN) & (~pl.col("percent") | signs_count))
        .with_columns(value=pl.when("good").then(_scaled(power)))
        .with_columns(blank=cell.str.to_lowercase().is_in(BLANKS))
    )
    return frame["value"], ~frame["blank"] & frame["value"].is_null()


def _scaled(power: int) -> pl.Expr:
    """The number in ``body``; an exponent of its own is scaled by one multiplication instead."""
    body = pl.col("body")
    own_exponent = body.str.contains("[eE]")
    shift = pl.when("percent").then(pl.lit("e-2")).otherwise(pl.lit(f"e{power}"))
    factor = pl.when("percent").then(pl.lit(0.01)).otherwise(pl.lit(10.0**power))
    plain = (body + shift).cast(pl.Float64, strict=False)
    return pl.when(own_exponent).then(body.cast(pl.Float64, strict=False) * factor).otherwise(plain)
