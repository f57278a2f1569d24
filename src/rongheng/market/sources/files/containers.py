"""The sheets of a file, whatever its container: text, workbooks, HTML, JSON, Parquet, SQLite, a zip archive of those.

What lives here: which reader reads which container. What does not: what the sheets hold.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

from rongheng.basics.errors import DataError
from rongheng.market.sources.files.compressed import zipped
from rongheng.market.sources.files.database import read_database
from rongheng.market.sources.files.html import read_html
from rongheng.market.sources.files.records import read_json, read_parquet
from rongheng.market.sources.files.sheet import Sheet
from rongheng.market.sources.files.sniff import Container, container_of
from rongheng.market.sources.files.text import read_text


def sheets_of(data: bytes, *, file: str) -> list[Sheet]:
    """Return the sheets of a file, whatever its container.

    Raises
    ------
    DataError
        The file is empty, damaged, or in a container that cannot be read.
    """
    match container_of(data, file=file):
        case Container.XLSX | Container.XLS:
            from rongheng.market.sources.files.workbook import read_workbook  # loads two libraries: only when needed

            return read_workbook(data, file=file)
        case Container.ZIP:
            return _zipped_sheets(data, file=file)
        case Container.HTML:
            return read_html(data, file=file)
        case Container.PARQUET:
            return [read_parquet(data, file=file)]
        case Container.JSON:
            return read_json(data, file=file)
        case Container.SQLITE:
            return read_database(data, file=file)
        case Container.TEXT:
            return [read_text(data, file=file)]


def _is_of_the_system(name: str) -> bool:
    """Say whether a file of an archive is what an operating system adds to it (``__MACOSX/…``, ``.DS_Store``)."""
    return any(step == "__MACOSX" or step.startswith(".") for step in PurePosixPath(name).parts)


def _zipped_sheets(data: bytes, *, file: str) -> list[Sheet]:
    """Return the tables of every file in a zip archive, each under the archive's name and its own."""
    inside = [part for part in zipped(data, file=file) if not _is_of_the_system(part.name)]
    if not inside:
        raise DataError(f"{file} is a zip archive without a file. Expected tables: text, xlsx, xls or the like.")
    for part in inside:
        if container_of(part.data, file=f"{file}, {part.name}") is Container.ZIP:
            raise DataError(f"{file} holds {part.name}, an archive inside an archive. Unpack it, and import that.")
    sheets = [sheets_of(part.data, file=f"{file}, {part.name}") for part in inside]
    return [
        replace(sheet, file=file, name=part.name if sheet.name is None else f"{part.name}, {sheet.name}")
        for part, found in zip(inside, sheets, strict=True)
        for sheet in found
    ]
