"""Cells of pool files as values: codes, percentages, yes and no, words, amounts; what cannot be read is collected.

What lives here: one reader for each thing that a column may hold. What does not: which column is which
(``pool_files``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from rongheng.basics.errors import DataError
from rongheng.basics.securities import SUFFIXES, with_exchange
from rongheng.basics.units import Scale, Unit
from rongheng.market.pools.frames import words_of
from rongheng.market.pools.tables import Column, Holds
from rongheng.market.sources.files.dates import days
from rongheng.market.sources.files.numbers import BLANKS, numbers
from rongheng.market.sources.files.wording import fold, visible

_SHOWN = 3
_BP = 10_000
_LEAST_BP = 100  # a percentage between 0 and 1 % in such a list is a fraction under a header that says %

_SUFFIX_BY_EXCHANGE = {
    fold(word): suffix
    for suffix, words in {
        "SH": ("SH", "SSE", "XSHG", "沪", "沪市", "上海", "上交所", "上证", "上海证券交易所", "沪A"),
        "SZ": ("SZ", "SZSE", "XSHE", "深", "深市", "深圳", "深交所", "深证", "深圳证券交易所", "深A"),
        "BJ": ("BJ", "BSE", "XBSE", "北", "北京", "北交所", "北京证券交易所", "京A", "京市"),
    }.items()
    for word in words
}
_WITH_SUFFIX = re.compile(r"^(\d{6})\.([A-Z]+)$")
_WITH_PREFIX = re.compile(r"^([A-Z]{2})\.?(\d{6})$")
_TRUTHS = {fold(word): True for word in ("是", "Y", "yes", "true", "1", "√", "✓", "可", "T")} | {
    fold(word): False for word in ("否", "N", "no", "false", "0", "×", "✗", "不可", "F")
}


@dataclass
class CellReader:
    """Collects the cells of one sheet that cannot be read, to tell of them together."""

    where: str
    lines: pl.Series
    unread: list[str] = field(default_factory=list)

    def collect(self, cells: pl.Series, bad: pl.Series, column: Column, expected: str) -> None:
        """Remember the bad cells of a column."""
        for line, cell in zip(self.lines.filter(bad), cells.filter(bad), strict=True):
            self.unread.append(f"row {line}: {column.label.zh} ({column.name}) is {cell!r}; expected {expected}")

    def refuse_unread(self) -> None:
        """Raise the error that lists the first cells that could not be read; none is no error."""
        if not self.unread:
            return
        more = f" ({len(self.unread)} cells in all)" if len(self.unread) > _SHOWN else ""
        raise DataError(f"{self.where}, {'. '.join(self.unread[:_SHOWN])}{more}. Mend the file and read it again.")


def read_cells(
    cells: pl.Series, column: Column, reader: CellReader, *, scale: Scale, exchange: pl.Series | None
) -> pl.Series:
    """Return the values of a column of text; null where a cell is blank.

    Parameters
    ----------
    cells : String
    scale : of the header's unit
    exchange : String, optional
        The market beside each code.
    """
    text = _visible(cells)
    match column.holds:
        case Holds.CODE:
            values, expected = _codes(text, exchange), "a code such as 600000.SH, or six digits and a column 市场"
        case Holds.PERCENT_BP:
            return _percents(text, column, reader, scale)
        case Holds.YUAN | Holds.SHARES | Holds.FRACTION | Holds.TIMES | Holds.COUNT:
            return _numbers(text, column, reader, scale)
        case Holds.DATE:
            values, expected = days(text), "a date such as 2025-03-21"
        case Holds.SWITCH:
            values, expected = (
                _mapped(text, lambda word: _TRUTHS.get(fold(word)), pl.Boolean()),
                "是 or 否, Y or N, 1 or 0",
            )
        case Holds.CHOICE:
            spelled = {fold(name): key for key, names in words_of(column).items() for name in (key, *names)}
            values = _mapped(text, lambda word: spelled.get(fold(word)), pl.String())
            expected = f"one of {', '.join(words_of(column))}"
        case _:
            return text.alias(column.name)
    reader.collect(cells, text.is_not_null() & values.is_null(), column, expected)
    return values.alias(column.name)


def _visible(cells: pl.Series) -> pl.Series:
    """Return the text that can be seen, null where a cell says that it holds nothing."""

    def shown(cell: str) -> str | None:
        seen = visible(cell).removeprefix('="').removesuffix('"')
        return None if seen.lower() in BLANKS else seen

    return _mapped(cells, shown, pl.String())


def _mapped(cells: pl.Series, function: Callable[[str], object], dtype: pl.DataType) -> pl.Series:
    """Return what the function makes of each text; each different text is asked once."""
    texts = cells.unique().drop_nulls()
    made = pl.Series([function(text) for text in texts.to_list()], dtype=dtype)
    return cells.replace_strict(texts, made, default=None, return_dtype=dtype)


def _codes(text: pl.Series, exchange: pl.Series | None) -> pl.Series:
    if exchange is None:
        return _mapped(text, lambda code: _code(code, None), pl.String())
    # A market that we do not know is not the same as none: no code ends with a question mark.
    suffixes = _mapped(_visible(exchange), lambda word: _SUFFIX_BY_EXCHANGE.get(fold(word), "?"), pl.String())
    return pl.Series(
        [None if code is None else _code(code, suffix) for code, suffix in zip(text, suffixes, strict=True)]
    )


def _code(code: str, suffix: str | None) -> str | None:
    """Return the full code, ``None`` where it is none or does not say its exchange."""
    upper = code.upper()
    if match := _WITH_SUFFIX.match(upper):
        own = {"SS": "SH"}.get(match[2]) or _SUFFIX_BY_EXCHANGE.get(fold(match[2]))
        return f"{match[1]}.{own}" if own in SUFFIXES and suffix in (None, own) else None
    if match := _WITH_PREFIX.match(upper):
        return f"{match[2]}.{match[1]}" if match[1] in SUFFIXES and suffix in (None, match[1]) else None
    if not re.fullmatch(r"\d{6}", upper) or suffix == "?":
        return None
    return with_exchange(upper) if suffix is None else f"{upper}.{suffix}"


def _percents(text: pl.Series, column: Column, reader: CellReader, scale: Scale) -> pl.Series:
    values, bad = numbers(text, scale=scale, unit=Unit.FRACTION)
    reader.collect(text, bad, column, "a percentage such as 65% or 0.65")
    exact = (values * _BP).round(6)
    whole = exact.round()
    # Whatever is finer than a basis point is no haircut that anybody publishes.
    fine = (exact - whole).abs() > 0
    reader.collect(text, fine.fill_null(value=False), column, "at most two decimals of a percent")
    small = (whole > 0) & (whole < _LEAST_BP)
    reader.collect(
        text, small.fill_null(value=False), column, "0 or at least 1 % (is the column in fractions, not in %?)"
    )
    return whole.cast(pl.Int64, strict=False).alias(column.name)


def _numbers(text: pl.Series, column: Column, reader: CellReader, scale: Scale) -> pl.Series:
    unit = Unit.FRACTION if column.holds is Holds.FRACTION else Unit.YUAN
    values, bad = numbers(text, scale=scale, unit=unit)
    reader.collect(text, bad, column, "a number")
    if column.holds is Holds.COUNT:
        broken = (values != values.round()).fill_null(value=False)
        reader.collect(text, broken, column, "a whole number")
        return values.round().cast(pl.Int64).alias(column.name)
    return values.alias(column.name)
