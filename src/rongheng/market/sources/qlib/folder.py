"""The folder as arrays: its calendar, the series of each code, its lists of instruments.

What lives here: the binary form and what can be wrong with it. What does not: what a number means (``stock_bars``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from rongheng.basics.errors import DataError
from rongheng.market.sources.files.compressed import Part

CALENDAR = "calendars/day.txt"
FIELDS = ("open", "high", "low", "close", "volume", "factor")
_SUFFIX = ".day.bin"
_FLOAT = np.dtype("<f4")

FloatColumn = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Span:
    """One line of a list of instruments: a code, and its first and last day."""

    code: str
    first: date
    last: date


@dataclass(frozen=True)
class Series:
    """The fields of one code, of equal length, from one place in the calendar on."""

    code: str
    start: int
    fields: Mapping[str, FloatColumn]

    @property
    def length(self) -> int:
        """The number of sessions."""
        return len(next(iter(self.fields.values())))


@dataclass(frozen=True)
class Folder:
    """Everything that is understood: codes in upper case, sorted; ``broken`` says why a code could not be read."""

    sessions: tuple[date, ...]
    series: tuple[Series, ...]
    broken: Mapping[str, str]
    lists: Mapping[str, tuple[Span, ...]]
    passed_over: tuple[str, ...] = field(default=())


def read_folder(parts: Iterable[Part], *, file: str) -> Folder:
    """Return the folder that the parts of an archive make.

    Raises
    ------
    DataError
        The calendar is absent or is no list of days, or a list of instruments cannot be read.
    """
    fields: dict[str, dict[str, bytes]] = {}
    texts: dict[str, str] = {}
    strange = []
    for part in parts:
        path = PurePosixPath(part.name)
        if path.parts[0] == "features" and len(path.parts) == 3 and path.name.endswith(_SUFFIX):
            fields.setdefault(path.parts[1].upper(), {})[path.name.removesuffix(_SUFFIX)] = part.data
        elif path.suffix == ".txt" and path.parts[0] in ("calendars", "instruments"):
            texts[part.name] = _text(part, file=file)
        else:
            strange.append(part.name)
    sessions = _days(texts.get(CALENDAR, ""), file=file)
    found: dict[str, Series] = {}
    broken: dict[str, str] = {}
    for code in sorted(fields):
        series = _series(code, fields[code], sessions=len(sessions))
        if isinstance(series, str):
            broken[code] = series
        else:
            found[code] = series
    lists = {name: _spans(name, text, file=file) for name, text in texts.items() if name.startswith("instruments/")}
    return Folder(sessions, tuple(found.values()), broken, lists, tuple(strange))


def _text(part: Part, *, file: str) -> str:
    try:
        return part.data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{file}, {part.name}: expected text in UTF-8. Fetch the archive again.") from None


def _days(text: str, *, file: str) -> tuple[date, ...]:
    lines = text.split()
    if not lines:
        raise DataError(f"{file} has no {CALENDAR}, which says which day a figure is of. Fetch the archive again.")
    days = tuple(_day(line, where=f"{file}, {CALENDAR}, line {number}") for number, line in enumerate(lines, start=1))
    if any(later <= earlier for earlier, later in pairwise(days)):
        raise DataError(f"{file}, {CALENDAR}: the days do not rise. Fetch the archive again.")
    return days


def _day(text: str, *, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise DataError(f"{where}: found {text!r}, expected a day such as 2024-02-05.") from None


def _spans(name: str, text: str, *, file: str) -> tuple[Span, ...]:
    spans = []
    for number, line in enumerate(text.splitlines(), start=1):
        cells = line.split()
        where = f"{file}, {name}, line {number}"
        if len(cells) not in (0, 3):
            raise DataError(f"{where}: found {line!r}, expected a code, its first and its last day.")
        if cells:
            spans.append(Span(cells[0].upper(), _day(cells[1], where=where), _day(cells[2], where=where)))
    return tuple(spans)


def _series(code: str, fields: Mapping[str, bytes], *, sessions: int) -> Series | str:
    """Return the series of a code, or what is wrong with it."""
    missing = [name for name in FIELDS if name not in fields]
    if missing:
        return f"no {', '.join(name + _SUFFIX for name in missing)}"
    sizes = {name: len(fields[name]) for name in FIELDS}
    if len(set(sizes.values())) > 1:
        return f"its files differ in length ({', '.join(f'{name} {size}' for name, size in sizes.items())} bytes)"
    size = sizes[FIELDS[0]]
    if size % _FLOAT.itemsize or size < 2 * _FLOAT.itemsize:
        return f"its files have {size} bytes, which is no place in the calendar and at least one figure"
    columns = {name: np.frombuffer(fields[name], dtype=_FLOAT) for name in FIELDS}
    starts = {float(column[0]) for column in columns.values()}
    start = starts.pop()
    length = size // _FLOAT.itemsize - 1
    if starts or start != int(start) or not 0 <= start <= sessions - length:
        return f"its {length} sessions from place {start:g} do not fit the calendar's {sessions}"
    return Series(code, int(start), {name: column[1:] for name, column in columns.items()})
