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
from rongheng.market.sources.files.aliases import CONTRACT, INDEX, MARKET, SECURITY, Aliases
from rongheng.market.sources.files.header import Header
from rongheng.market.sources.files.inspection import Inspection
from rongheng.market.sources.files.sheet import Sheet, unguarded
from rongheng.market.sources.files.wording import fold

_CONTRACT = re.compile(r"^[A-Z]{1,2}\d{3,4}$")
_CONTRACT_SUFFIX = re.compile(r"\.(?:CFE|CFX|CFFEX)$")
_DIGITS = 6
_OF_ONE_EXCHANGE = ("6", "4", "8", "9")  # how codes begin that Shanghai or Beijing alone give to shares
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
    if key in (SECURITY, INDEX):
        texts = _with_zeros(texts, found)
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
    if key == SECURITY and said.market is None and exchange is not None:
        look_up = partial(_of_exchange_or_its_own, exchange=exchange)
    by_text = {text: look_up(text) for text in set(cells) if text is not None}
    return pl.Series([by_text.get(text) for text in cells], dtype=pl.String)


def _of_exchange_or_its_own(text: str, *, exchange: str) -> str | None:
    """Return the code; where its number is a share's of another exchange, that one's: exchanges share their headers."""
    own = find_security(text)
    shares = own is not None and own[0] in _OF_ONE_EXCHANGE
    return own if shares else find_security(text, exchange=exchange)


def _with_zeros(texts: pl.Series, found: Inspection) -> pl.Series:
    """Give codes that a spreadsheet took for numbers their zeros back: 1 is 000001 where six digits stand beside it."""
    length = texts.str.len_chars()
    if not (length < _DIGITS).any():
        return texts
    bare = texts.str.contains(r"^[1-9]\d{0,5}$")
    short = bare & (length < _DIGITS)
    whole = (
        bool((bare & (length == _DIGITS)).any()) or found.plan.market is not None or found.plan.table.key[0] == INDEX
    )
    if not short.any() or not whole or texts.str.starts_with("0").any():
        return texts
    lost = texts.filter(short)
    found.notice(
        f"{lost.len()} 个代码失去前导零，已补足六位（{lost[0]} → {str(lost[0]).zfill(_DIGITS)}）",
        f"codes that had lost their leading zeros, filled up to six digits: {lost.len()} "
        f"({lost[0]} → {str(lost[0]).zfill(_DIGITS)})",
        count=lost.len(),
    )
    return texts.zip_with(~short.fill_null(value=False), texts.str.zfill(_DIGITS))


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
        contract = _CONTRACT_SUFFIX.sub("", text.upper())
        return contract if _CONTRACT.match(contract) else None
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
    index = index_named(found)
    if index is None:
        stem = PurePath(found.sheet.file).stem
        raise UsageError(
            f"{found.sheet.where} holds levels of an index, and nothing says which: neither a column, nor a line above "
            f"the header, nor --index, nor the name of the sheet or of the file ({stem!r} is no index's code). Say "
            "--index csi300 or the like."
        )
    found.notice(
        f"没有指数一列，按标题、表名或文件名认作{index.label.zh}（{index.code}）",
        f"no column names an index; the title, the sheet's or the file's name says {index.label.en} ({index.code})",
    )
    return index.code


def index_named(found: Inspection) -> Index | None:
    """Return the one index that a line above the header names, or the sheet's name, or the file's."""
    words = [
        [word for line in lines_above(found.sheet, found.header) for word in (line, *line.split())],
        [word for name in _names_of(found.sheet) for word in (name, *name.split())],
        [PurePath(found.sheet.file).stem],
    ]
    for group in words:
        named = {index.code: index for word in group if (index := index_spelled(word)) is not None}
        if len(named) == 1:
            return next(iter(named.values()))
    return None


def _names_of(sheet: Sheet) -> list[str]:
    """Return the name of the sheet, or those of the file in an archive and of its sheet."""
    return [stem for name in (sheet.name or "").split(", ") for stem in (name, PurePath(name).stem) if stem]


def market_named(sheet: Sheet, header: Header, aliases: Aliases) -> str | None:
    """Return the one market that a line above the header names, or the sheet's name, or the file's; or ``None``."""
    for text in (" ".join(lines_above(sheet, header)), sheet.name or "", PurePath(sheet.file).stem):
        named = {market for word, market in aliases.market_words.items() if word in text.casefold()}
        if len(named) == 1:
            return named.pop()
    return None


def lines_above(sheet: Sheet, header: Header) -> list[str]:
    """Return the cells above the header that are not blank."""
    rows = range(max(0, header.line - sheet.first_line)) if sheet.named is None else range(0)
    return [cell.strip() for row in rows for cell in sheet.line(row) if cell and cell.strip()]


def _market(said: Identity, aliases: Aliases, found: Inspection) -> str:
    layout = found.plan.market
    if said.market is None:
        if layout is not None:
            return layout
        if named := market_named(found.sheet, found.header, aliases):
            found.notice(
                f"没有市场一列，按标题、表名或文件名认作 {named}",
                f"no column names a market; the title, the sheet's or the file's name says {named}",
            )
            return named
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


def check_levels(frame: pl.DataFrame, found: Inspection, *, is_published: bool) -> None:
    """Refuse an index that does not show the levels that were printed for it: the file may be another index's.

    What an index's own publisher says of it lands, and is told: a report can be wrong.
    """
    if found.plan.table.key != (INDEX,):
        return
    for code in frame[INDEX].unique(maintain_order=True).to_list():
        index = next(one for one in indices().values() if one.code == code)
        bars = frame.filter(pl.col(INDEX) == code)
        for anchor in index.anchors:
            level = _level(bars, anchor)
            if level is None or abs(level / anchor.level - 1) <= _LEVEL_TOLERANCE:
                continue
            if not is_published:
                raise _another_index(found.sheet, index, anchor, level, bars)
            found.notice(
                f"{index.label.zh} {_days_of(anchor)} 的 {anchor.field} 为 {level:.2f}，{anchor.source} 印为 "
                f"{anchor.level:.2f}，照常入库，请核对",
                f"{index.label.en}: {anchor.field} of {_days_of(anchor)} is {level:.2f}, and was printed as "
                f"{anchor.level:.2f} ({anchor.source}); landed, look at it",
            )


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


def _days_of(anchor: Anchor) -> str:
    return str(anchor.first) if anchor.first == anchor.last else f"{anchor.first}…{anchor.last}"


def _another_index(sheet: Sheet, index: Index, anchor: Anchor, level: float, bars: pl.DataFrame) -> SourceChangedError:
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
        f"{sheet.where} does not hold {index.label.en} ({index.key}): {anchor.field} of {_days_of(anchor)} is "
        f"{level:.2f} in the file, and was printed as {anchor.level:.2f} ({anchor.source}).{hint}"
    )
