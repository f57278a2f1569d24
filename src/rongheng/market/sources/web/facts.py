"""From a publisher's rows to a batch, by the same layouts, units and checks that files go through.

An answer is a sheet whose headers are the publisher's keys. What does not live here: the envelope around the rows,
which each publisher's module opens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import chain
from operator import itemgetter
from types import NoneType
from typing import Any

import polars as pl

from rongheng.basics.batch import Batch, Notice
from rongheng.basics.errors import NotPublishedError, SourceChangedError
from rongheng.basics.grades import Grade
from rongheng.basics.text import Text
from rongheng.market.sources.files.aliases import Aliases, load_aliases
from rongheng.market.sources.files.batching import NO_VALUE, Call, make_batch
from rongheng.market.sources.files.header import Header
from rongheng.market.sources.files.identity import Identity
from rongheng.market.sources.files.inspection import Inspection
from rongheng.market.sources.files.layouts import Layout, layout
from rongheng.market.sources.files.plan import Plan
from rongheng.market.sources.files.planning import make_plans
from rongheng.market.sources.files.sheet import Sheet, as_cells
from rongheng.market.sources.files.stated import stated_units
from rongheng.market.sources.files.undated import dated
from rongheng.market.sources.files.wording import visible
from rongheng.market.sources.web.body import Record
from rongheng.market.sources.web.source import Ask

_SEARCHED = 10  # rows in which a header is looked for
_PARSER = "1"  # another number makes the same bytes another import


def batch_of(
    rows: Sequence[Record],
    *,
    layout_id: str,
    ask: Ask,
    sha256: str,
    units: Mapping[str, str] | None = None,
    notices: Sequence[Notice] = (),
) -> Batch:
    """Return the facts of a publisher's rows.

    Parameters
    ----------
    rows : records by the publisher's keys; values are text or ``None``
    layout_id : which layout of ``files/layouts.yaml`` the keys are
    units : the unit of each key, as the answer itself states it

    Raises
    ------
    SourceChangedError
        A key of the layout is missing, a unit does not fit, or figures are of another magnitude.
    """
    known = layout(layout_id)
    names = _names(rows, known, ask)
    columns = [_column(values, name, ask) for name, values in zip(names, _values(rows, names), strict=True)]
    return _batch(columns, known, ask, sha256=sha256, units=units or {}, notices=notices)


def batch_of_sheet(
    sheet: Sheet, *, layout_id: str, ask: Ask, sha256: str, notices: Sequence[Notice] = (), day: date | None = None
) -> Batch:
    """Return the facts of a sheet whose header is one of its first rows; columns that are new are told and left out.

    Parameters
    ----------
    sheet : a workbook's sheet or a text, as it came
    layout_id : which layout of ``files/layouts.yaml`` the header is
    day : the day of all rows, where the sheet does not say it

    Raises
    ------
    NotPublishedError
        The header stands alone.
    SourceChangedError
        No row is that header, a unit does not fit, or figures are of another magnitude.
    """
    known = layout(layout_id)
    place, texts = _header_row(sheet, known, ask, dated=day is not None)
    cells = sheet.cells.slice(place + 1)
    if cells.is_empty():
        raise NotPublishedError(f"{ask.name}: the table has a header and no row yet.")
    columns = [cells[:, at].alias(text) for at, text in texts.items() if known.folded(text) in known.fields]
    if day is not None:
        columns.append(pl.repeat(day.isoformat(), cells.height, eager=True).alias(known.date_header))
    more = [text for text in texts.values() if known.folded(text) not in known.fields]
    return _batch(columns, known, ask, sha256=sha256, units={}, notices=(*notices, *_told_new(more)))


def records_of(sheet: Sheet, needed: Sequence[str], *, ask: Ask) -> list[dict[str, str | None]]:
    """Return the rows of a sheet by the texts of its header, which is the row that has all that are needed."""
    for place in range(min(_SEARCHED, sheet.cells.height)):
        texts = {at: visible(cell) for at, cell in enumerate(sheet.line(place)) if cell and visible(cell)}
        if set(needed) <= set(texts.values()):
            rows = sheet.cells.slice(place + 1).select(
                pl.col(str(at)).str.strip_chars().alias(text) for at, text in texts.items()
            )
            return rows.to_dicts()
    found = ", ".join(repr(cell) for cell in sheet.line(0) if cell)
    raise SourceChangedError(
        f"{ask.name}: no row is a header with {', '.join(needed)}; the first is {found}. The publisher has changed its "
        "format; nothing of it was kept."
    )


def joined_batch(sheets: Mapping[date, Sheet], *, layout_id: str, ask: Ask, sha256: str) -> Batch:
    """Return the facts of the sheets of several days, whose rows do not say theirs, as one batch.

    The headers must be the same in all; the errors are those of :func:`batch_of_sheet`.
    """
    known = layout(layout_id)
    frames = []
    more: set[str] = set()
    for day, sheet in sheets.items():
        place, texts = _header_row(sheet, known, ask, dated=True)
        cells = sheet.cells.slice(place + 1)
        own = {at: text for at, text in texts.items() if known.folded(text) in known.fields}
        more |= set(texts.values()) - set(own.values())
        named = cells.select(pl.col(str(at)).alias(known.field(text).header) for at, text in own.items())
        frames.append(named.with_columns(pl.lit(day.isoformat()).alias(known.date_header)))
    rows = pl.concat(frames, how="diagonal")
    if rows.is_empty():
        raise NotPublishedError(f"{ask.name}: the tables have headers and no row yet.")
    return _batch(rows.get_columns(), known, ask, sha256=sha256, units={}, notices=_told_new(sorted(more)))


def batch_of_upright(sheet: Sheet, *, ask: Ask, sha256: str, source: str, notices: Sequence[Notice] = ()) -> Batch:
    """Return the facts of a sheet of one row under labels that the alias table knows, of the day that was asked for.

    Parameters
    ----------
    source : what the lake writes as the source
    """
    header = Header(1, sheet.named or (), 0)
    sheet, header = dated(sheet, header, ask.first, named="日期")
    (plan,) = make_plans(sheet, header, aliases=aliases(), stated=stated_units(None))
    return _of_plan(sheet, header, replace(plan, source=source), sha256=sha256, notices=notices)


def _header_row(sheet: Sheet, known: Layout, ask: Ask, *, dated: bool) -> tuple[int, dict[int, str]]:
    """Return where the header stands, and its texts by place."""
    needed = known.required - ({known.folded(known.date_header)} if dated else set())
    best: list[str] = []
    for place in range(min(_SEARCHED, sheet.cells.height)):
        texts = {at: visible(cell) for at, cell in enumerate(sheet.line(place)) if cell and visible(cell)}
        folded = {known.folded(text) for text in texts.values()}
        if needed <= folded:
            return place, texts
        if len(needed & folded) > len(best):
            best = [known.fields[name].header for name in sorted(needed - folded)]
    found = ", ".join(repr(cell) for cell in sheet.line(0) if cell)
    lacks = f"the header lacks {', '.join(map(repr, best))}" if best else f"no row is a header; the first is {found}"
    raise SourceChangedError(f"{ask.name}: {lacks}. The publisher has changed its format; nothing of it was kept.")


def _batch(
    columns: Sequence[pl.Series],
    known: Layout,
    ask: Ask,
    *,
    sha256: str,
    units: Mapping[str, str],
    notices: Sequence[Notice],
) -> Batch:
    names = tuple(column.name for column in columns)
    sheet = Sheet(ask.name, None, as_cells(list(columns)), names)
    stated = {place: units[name] for place, name in enumerate(names) if name in units}
    header = Header(1, names, 0, stated)
    (plan,) = make_plans(sheet, header, aliases=aliases(), stated=stated_units(None), layout=known)
    return _of_plan(sheet, header, plan, sha256=sha256, notices=notices)


def _of_plan(sheet: Sheet, header: Header, plan: Plan, *, sha256: str, notices: Sequence[Notice]) -> Batch:
    call = Call(Identity(), stated_units(None), aliases(), Grade.OFFICIAL, {"parser": _PARSER}, is_published=True)
    batch = make_batch(Inspection(sheet, header, plan), call, sha256=sha256)
    _check_any_landed(batch)
    return replace(batch, notices=(*batch.notices, *notices))


def _check_any_landed(batch: Batch) -> None:
    """An answer none of whose rows can be read is of another form, and not an answer without news."""
    reasons = batch.quarantine["reason"]
    if batch.facts.is_empty() and not reasons.is_in([NO_VALUE]).all():
        raise SourceChangedError(
            f"{batch.file}: none of its rows could be read (rows: {batch.rows_read}; the first: {reasons[0]}). The "
            "publisher has changed its format; nothing of it was kept."
        )


def unknown_keys(rows: Sequence[Record], *, layout_id: str) -> tuple[Notice, ...]:
    """Return a notice of the keys that the publisher has added since the layout was written."""
    known = {field.header for field in layout(layout_id).fields.values()}
    more = sorted(set(chain.from_iterable(_shapes(rows))) - known)
    return _told_new(more)


def _told_new(names: Sequence[str]) -> tuple[Notice, ...]:
    if not names:
        return ()
    listed = ", ".join(names)
    return (
        Notice(Text(f"发布方新增的字段未入库：{listed}", f"fields that are new and not kept: {listed}"), len(names)),
    )


@cache
def aliases() -> Aliases:
    """Return the names under which publishers print our columns."""
    return load_aliases()


def _names(rows: Sequence[Record], known: Layout, ask: Ask) -> list[str]:
    """Return the layout's keys that the rows have, in its own order; a row without a required one is refused."""
    required = {known.fields[name].header for name in known.required}
    printed: dict[str, str] = {}  # the layout's header -> the key of the rows, which may carry another unit
    for keys in _shapes(rows):
        own = {_header(key, known): key for key in keys}
        missing = sorted(required - own.keys())
        if missing:
            number = next(number for number, row in enumerate(rows, start=1) if tuple(row) == keys)
            raise SourceChangedError(
                f"{ask.name}: row {number} has no {', '.join(map(repr, missing))}; it has {', '.join(keys)}. The "
                "publisher has changed its format; nothing of this answer was kept."
            )
        printed |= own
    kept = [field for field in known.fields.values() if field.ignored is None or field.header in required]
    return [printed[field.header] for field in kept if field.header in printed]


def _shapes(rows: Sequence[Record]) -> list[tuple[str, ...]]:
    """Return the keys that rows have, each different set of them once, in the order in which they come."""
    return list(dict.fromkeys(map(tuple, rows)))


def _values(rows: Sequence[Record], names: Sequence[str]) -> Sequence[Sequence[Any]]:
    """Return what the rows have under each key, nothing where one lacks it."""
    try:
        return (
            list(zip(*map(itemgetter(*names), rows), strict=True))
            if rows and len(names) > 1
            else _gathered(rows, names)
        )
    except KeyError:
        return _gathered(rows, names)


def _gathered(rows: Sequence[Record], names: Sequence[str]) -> Sequence[Sequence[Any]]:
    return [[row.get(name) for row in rows] for name in names]


def _header(key: str, known: Layout) -> str:
    """Return the layout's header that a key is; keys of services are compared to the letter."""
    if not known.prints_units:
        return key
    field = known.fields.get(known.folded(key))
    return key if field is None else field.header


def _column(values: Sequence[Any], name: str, ask: Ask) -> pl.Series:
    """Return the column of what the rows have under a key, each of them text or nothing."""
    if not set(map(type, values)) <= {str, NoneType}:
        strange = next(value for value in values if not isinstance(value, str | None))
        raise SourceChangedError(f"{ask.name}: {name!r} holds {str(strange)[:40]!r}, expected one value.")
    return pl.Series(name, values, dtype=pl.String)
