"""Which index, market, security or contract the rows of a file are of, and the printed levels that prove it.

The content says it, or the caller, or (for an index alone) the file's own name where it is exactly a known code; the
printed levels of ``basics/indices.yaml`` then catch a file that holds another index.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import PurePath

import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import SourceChangedError, UsageError
from rongheng.basics.ids import MARKETS, Anchor, Index, find_index, indices
from rongheng.basics.ids import index as index_called
from rongheng.basics.securities import SUFFIX_OF, find_security
from rongheng.basics.tables import Table
from rongheng.market.sources.files.aliases import CONTRACT, INDEX, MARKET, SECURITY, Aliases
from rongheng.market.sources.files.inspection import Inspection
from rongheng.market.sources.files.sheet import Sheet, unguarded
from rongheng.market.sources.files.wording import fold

_CONTRACT = re.compile(r"^[A-Z]{1,2}\d{3,4}$")
_LEVEL_TOLERANCE = 1e-5  # printed levels have two decimals of some thousand points


@dataclass(frozen=True, slots=True)
class Identity:
    """What the caller says about the rows."""

    index: str | None = None  # as typed
    market: str | None = None
    day: date | None = None  # of rows that name none

    @property
    def key(self) -> str | None:
        """Which key column the caller settles."""
        return INDEX if self.index else MARKET if self.market else None


def add_keys(frame: pl.DataFrame, *, said: Identity, aliases: Aliases, found: Inspection) -> pl.DataFrame:
    """Return the frame with the key columns of its table, in our codes; rows of something unknown go to quarantine.

    Raises
    ------
    UsageError
        When nothing says which index or market the rows are of.
    SourceChangedError
        When no column says of which security they are.
    """
    for key in found.plan.table.key:
        frame = _add_key(frame, key, said=said, aliases=aliases, found=found)
    return frame


def _add_key(frame: pl.DataFrame, key: str, *, said: Identity, aliases: Aliases, found: Inspection) -> pl.DataFrame:
    if key not in found.plan.places:
        constant = _constant(key, said=said, aliases=aliases, found=found)
        found.settled[key] = constant
        return frame.with_columns(pl.lit(constant, dtype=pl.String).alias(key))
    texts = _texts(frame, key, found)
    _check_agrees(texts, key, said, aliases=aliases, found=found)
    known = _codes(texts, key, frame, said=said, aliases=aliases, found=found)
    if not known.null_count():
        return frame.with_columns(known.alias(key))
    keyed = frame.with_columns(known.alias(key), texts.alias("__text__"))
    unknown = pl.format("no {} is called {}", pl.lit(key), pl.col("__text__").fill_null("(blank)"))
    return found.set_rows_aside(keyed, pl.col(key).is_null(), unknown).drop("__text__")


def _texts(frame: pl.DataFrame, key: str, found: Inspection) -> pl.Series:
    return unguarded(frame[str(found.plan.places[key])].str.strip_chars())


def _codes(
    texts: pl.Series, key: str, frame: pl.DataFrame, *, said: Identity, aliases: Aliases, found: Inspection
) -> pl.Series:
    """Return our code for each text; each different one is looked up once."""
    if key == SECURITY and MARKET in found.plan.places:
        markets = _texts(frame, MARKET, found)
        pairs = pl.DataFrame({"text": texts, "market": markets})
        each = pairs.unique().filter(pl.col("text").is_not_null())
        codes = [_security(text, aliases.markets.get(fold(market or ""))) for text, market in each.iter_rows()]
        known = each.with_columns(pl.Series("code", codes, dtype=pl.String))
        return pairs.join(known, on=["text", "market"], how="left", nulls_equal=True, maintain_order="left")["code"]
    market = found.plan.market if said.market is None else aliases.markets.get(fold(said.market))
    cells = texts.to_list()
    exchange = market if market in SUFFIX_OF else None
    of_key = partial(_code, key, aliases=aliases, market=market)
    look_up = partial(find_security, exchange=exchange) if key == SECURITY else of_key  # thousands of texts
    by_text = {text: look_up(text) for text in set(cells) if text is not None}
    return pl.Series([by_text.get(text) for text in cells], dtype=pl.String)


def _constant(key: str, *, said: Identity, aliases: Aliases, found: Inspection) -> str:
    if key == INDEX:
        return _index_code(said, found)
    if key == MARKET:
        return _market(said, aliases, found)
    raise SourceChangedError(
        f"{found.sheet.where} holds {found.plan.table.name}, and no column says of which {key} each row is. Add a "
        f"column {'证券代码 with codes such as 600000.SH' if key == SECURITY else '合约代码'}."
    )


def _check_agrees(texts: pl.Series, key: str, said: Identity, *, aliases: Aliases, found: Inspection) -> None:
    typed = {INDEX: said.index, MARKET: said.market}.get(key)
    if typed is None:
        return
    named = {_code(key, text, aliases) for text in texts.drop_nulls().unique().to_list()}
    if named - {_code(key, typed, aliases), None}:
        raise UsageError(
            f"{found.sheet.where} names in a column of its own which {key} each row is of, and --{key} says {typed}. "
            f"Leave --{key} out."
        )


def _code(key: str, text: str, aliases: Aliases, *, market: str | None = None) -> str | None:
    if key == MARKET:
        return aliases.markets.get(fold(text))
    if key == SECURITY:
        return _security(text, market)
    if key == CONTRACT:
        return text.upper() if _CONTRACT.match(text.upper()) else None
    index = index_spelled(text)
    return index.code if index is not None else None


def _security(text: str, market: str | None) -> str | None:
    return find_security(text, exchange=market if market in SUFFIX_OF else None)


def index_spelled(text: str) -> Index | None:
    """Return the index of a code; ``sh.000300`` and ``000300.XSHG`` are the codes of two services for 000300.SH."""
    plain = text.upper().replace(".XSHG", ".SH").replace(".XSHE", ".SZ")
    return find_index(text) or find_index(plain) or find_index(plain.replace(".", ""))


def _index_code(said: Identity, found: Inspection) -> str:
    if said.index is not None:
        return index_called(said.index).code
    stem = PurePath(found.sheet.file).stem
    index = index_spelled(stem)
    if index is None:
        raise UsageError(
            f"{found.sheet.where} holds levels of an index, and nothing says which: neither a column, nor --index, nor "
            f"the file's name ({stem!r} is no index's code). Say --index csi300 or the like."
        )
    found.notice(
        f"文件内容没有写明指数，按文件名认作{index.label.zh}（{index.code}）",
        f"the content names no index; the file's name says {index.label.en} ({index.code})",
    )
    return index.code


def _market(said: Identity, aliases: Aliases, found: Inspection) -> str:
    layout = found.plan.market
    if said.market is None:
        if layout is not None:
            return layout
        raise UsageError(
            f"{found.sheet.where} holds {found.plan.table.name}, and nothing says of which market. Say --market "
            f"{', '.join(MARKETS)}."
        )
    market = aliases.markets.get(fold(said.market))
    if market is None:
        raise UsageError(f"--market: no market is called {said.market!r}. Known: {', '.join(MARKETS)}.")
    if layout is not None and market != layout:
        raise UsageError(
            f"{found.sheet.where} has the layout {found.plan.source}, which is of {layout}; --market says {market}."
        )
    return market


def check_levels(frame: pl.DataFrame, *, table: Table, sheet: Sheet) -> None:
    """Raise ``SourceChangedError`` when an index does not show the levels that were printed for it."""
    if table.key != (INDEX,):
        return
    for code in frame[INDEX].unique(maintain_order=True).to_list():
        index = next(one for one in indices().values() if one.code == code)
        bars = frame.filter(pl.col(INDEX) == code)
        for anchor in index.anchors:
            level = _level(bars, anchor)
            if level is not None and abs(level / anchor.level - 1) > _LEVEL_TOLERANCE:
                raise _another_index(sheet, index, anchor, level, bars)


def _level(bars: pl.DataFrame, anchor: Anchor) -> float | None:
    """The level that the bars show for an anchor; ``None`` when they do not cover its days."""
    if anchor.field not in bars.columns:
        return None
    covered = bars.filter(pl.col("as_of").is_between(anchor.first, anchor.last))[anchor.field].drop_nulls()
    if covered.len() < len(calendar().between(anchor.first, anchor.last)):
        return None
    level = covered.min() if anchor.field == "low" else covered.max()
    assert isinstance(level, float)
    return level


def _another_index(sheet: Sheet, index: Index, anchor: Anchor, level: float, bars: pl.DataFrame) -> SourceChangedError:
    days = str(anchor.first) if anchor.first == anchor.last else f"{anchor.first} to {anchor.last}"
    fitting = [
        other.key
        for other in indices().values()
        for mark in other.anchors
        if (shown := _level(bars, mark)) is not None and abs(shown / mark.level - 1) <= _LEVEL_TOLERANCE
    ]
    hint = (
        f" The levels are those of {fitting[0]}: say --index {fitting[0]}." if fitting else " Check which index it is."
    )
    return SourceChangedError(
        f"{sheet.where} does not hold {index.label.en} ({index.key}): {anchor.field} of {days} is {level:.2f} in the "
        f"file, and was printed as {anchor.level:.2f} ({anchor.source}).{hint}"
    )
