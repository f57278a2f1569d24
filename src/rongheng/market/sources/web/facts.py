"""From a publisher's rows to a batch, by the same layouts, units and checks that files go through.

An answer is a sheet whose headers are the publisher's keys. What does not live here: the envelope around the rows,
which each publisher's module opens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from rongheng.basics.batch import Batch, Notice
from rongheng.basics.errors import SourceChangedError
from rongheng.basics.grades import Grade
from rongheng.basics.text import Text
from rongheng.market.sources.files.aliases import load_aliases
from rongheng.market.sources.files.batching import Call, make_batch
from rongheng.market.sources.files.header import Header
from rongheng.market.sources.files.identity import Identity
from rongheng.market.sources.files.inspection import Inspection
from rongheng.market.sources.files.layouts import Layout, layout
from rongheng.market.sources.files.planning import make_plans
from rongheng.market.sources.files.sheet import Sheet, as_cells
from rongheng.market.sources.files.stated import stated_units
from rongheng.market.sources.web.body import Record
from rongheng.market.sources.web.source import Ask

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
    columns = [pl.Series(name, [_cell(row.get(name), name, ask) for row in rows], dtype=pl.String) for name in names]
    sheet = Sheet(ask.name, None, as_cells(columns), tuple(names))
    stated = {place: (units or {})[name] for place, name in enumerate(names) if name in (units or {})}
    header = Header(1, tuple(names), 0, stated)
    aliases = load_aliases()
    (plan,) = make_plans(sheet, header, aliases=aliases, stated=stated_units(None))
    assert plan.source == layout_id, (plan.source, layout_id)
    call = Call(Identity(), stated_units(None), aliases, Grade.OFFICIAL, {"parser": _PARSER})
    batch = make_batch(Inspection(sheet, header, plan), call, sha256=sha256)
    return replace(batch, notices=(*batch.notices, *notices))


def unknown_keys(rows: Sequence[Record], *, layout_id: str) -> tuple[Notice, ...]:
    """Return a notice of the keys that the publisher has added since the layout was written."""
    known = {field.header for field in layout(layout_id).fields.values()}
    more = sorted({key for row in rows for key in row} - known)
    if not more:
        return ()
    listed = ", ".join(more)
    return (
        Notice(Text(f"发布方新增的字段未入库：{listed}", f"fields that are new and not kept: {listed}"), len(more)),
    )


def _names(rows: Sequence[Record], known: Layout, ask: Ask) -> list[str]:
    """Return the layout's keys that the rows have, in its own order; a row without a required one is refused."""
    required = {known.fields[name].header for name in known.required}
    for number, row in enumerate(rows, start=1):
        missing = sorted(required - row.keys())
        if missing:
            raise SourceChangedError(
                f"{ask.name}: row {number} has no {', '.join(map(repr, missing))}; it has {', '.join(row)}. The "
                "publisher has changed its format; nothing of this answer was kept."
            )
    present = {key for row in rows for key in row}
    kept = [field for field in known.fields.values() if field.ignored is None or field.header in required]
    return [field.header for field in kept if field.header in present]


def _cell(value: Any, name: str, ask: Ask) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise SourceChangedError(f"{ask.name}: {name!r} holds {str(value)[:40]!r}, expected one value.")
