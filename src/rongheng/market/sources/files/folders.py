"""Tables that are spread over the files of an archive, one for each security or year: joined into one sheet.

What lives here: which files belong together, and joining them. What does not: unpacking (``compressed``), and what the
columns mean (``planning``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

import polars as pl

from rongheng.basics.errors import DataError
from rongheng.market.sources.files.compressed import Part
from rongheng.market.sources.files.records import read_json, read_parquet
from rongheng.market.sources.files.sheet import Sheet
from rongheng.market.sources.files.sniff import Container, container_of
from rongheng.market.sources.files.text import read_text

_READERS: dict[Container, Callable[[bytes, str], list[Sheet]]] = {
    Container.PARQUET: lambda data, file: [read_parquet(data, file=file)],
    Container.JSON: lambda data, file: read_json(data, file=file),
    Container.TEXT: lambda data, file: [read_text(data, file=file)],
}


def joined(parts: Sequence[Part], *, file: str) -> list[Sheet]:
    """Return one sheet for each folder of the archive, its files one below the other.

    Rows are counted through all files of the folder, which are taken in the order of their names.

    Raises
    ------
    DataError
        A file is no table, or has other headers than its neighbours.
    """
    folders: dict[str, list[Part]] = {}
    for part in sorted(parts, key=lambda part: part.name):
        path = PurePosixPath(part.name)
        if not path.name.startswith("."):
            folders.setdefault(str(path.parent), []).append(part)
    if not folders:
        raise DataError(f"{file} is an archive without a file. Expected tables: text, JSON or Parquet.")
    return [_joined(inside, folder, file=file) for folder, inside in folders.items()]


def _joined(parts: Sequence[Part], folder: str, *, file: str) -> Sheet:
    named, frames = None, []
    for part in parts:
        sheet = _read(part, file=file)
        headers = sheet.named
        if named is not None and headers != named:
            raise DataError(
                f"{file}, {part.name}: the headers {', '.join(headers or ())} are not those of the files beside it, "
                f"{', '.join(named)}. Take it out of the archive, and import it apart."
            )
        named = headers
        frames.append(sheet.cells)
    return Sheet(file, folder, pl.concat(frames), named)


def _read(part: Part, *, file: str) -> Sheet:
    """Return one file as a sheet that has its headers apart from its rows."""
    name = f"{file}, {part.name}"
    container = container_of(part.data, file=name)
    if container not in _READERS:
        raise DataError(f"{name} is {container.value}, which is not read inside an archive. Import it apart.")
    sheet, *more = _READERS[container](part.data, name)
    if more:
        raise DataError(f"{name} holds several tables, which is not read inside an archive. Import it apart.")
    if sheet.named is not None:
        return sheet
    first = tuple((cell or "").strip() for cell in sheet.line(0))
    return Sheet(sheet.file, sheet.name, sheet.cells.slice(1), first)
