"""Headers of two lines, a group above and the names below it: joined into one line.

What lives here: which two lines make a header. What does not: which line of a sheet is the header (``header``), and
headers whose upper line is of codes (``wide``).
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from rongheng.basics.units import find_scale
from rongheng.market.sources.files.aliases import DATE, KEYS, Aliases
from rongheng.market.sources.files.identity import index_spelled
from rongheng.market.sources.files.sheet import Sheet
from rongheng.market.sources.files.wording import fold, unit_in, visible, without_unit

_SEARCHED = 30


def joined(sheet: Sheet, aliases: Aliases) -> Sheet | None:
    """Return the sheet with the names of its header in the lower line, or ``None`` when it has no header of two lines.

    The day and the codes stand in the upper line, over a blank; the names of figures stand in the lower, and take the
    unit of their group where they say none themselves.
    """
    for place in range(min(_SEARCHED, sheet.cells.height - 1) if sheet.named is None else 0):
        upper, lower = ([visible(cell or "") for cell in sheet.line(row)] for row in (place, place + 1))
        if _is_pair(upper, lower, aliases):
            names = _names(upper, lower)
            rows = [[*sheet.line(row)] for row in range(sheet.cells.height)]
            rows[place], rows[place + 1] = [None] * len(upper), [name or None for name in names]
            columns = [pl.Series(str(at), cells, dtype=pl.String) for at, cells in enumerate(zip(*rows, strict=True))]
            return replace(sheet, cells=pl.DataFrame(columns))
    return None


def _is_pair(upper: list[str], lower: list[str], aliases: Aliases) -> bool:
    meanings = [aliases.meaning(text) if text else None for text in upper]
    days = [at for at, meaning in enumerate(meanings) if meaning is not None and meaning[0] == DATE]
    below = [aliases.meaning(text) for text in lower if text]
    figures = [meaning for meaning in below if meaning is not None and meaning[0] not in KEYS]
    if any(_is_code(text, aliases) for text in upper if text):
        return False
    labelled = any(fold(text) in aliases.unit_labels | aliases.metadata_labels for text in lower[:1])
    over_blank = all(lower[at] in ("", upper[at]) for at in days)  # a tall cell of a page stands in both lines
    differs = any(below and below != above for above, below in zip(upper, lower, strict=True))
    return bool(days) and over_blank and differs and len(figures) > 0 and not labelled


def _is_code(text: str, aliases: Aliases) -> bool:
    name = without_unit(text)
    return fold(name) in aliases.markets or index_spelled(name) is not None


def _names(upper: list[str], lower: list[str]) -> list[str]:
    names, group = [], ""
    for above, below in zip(upper, lower, strict=True):
        group = above or group
        unit = unit_in(group) or next(iter(part for part in [group] if find_scale(part)), None)
        if not below:
            names.append(above)
        else:
            names.append(f"{below}({unit})" if unit and not unit_in(below) else below)
    return names
