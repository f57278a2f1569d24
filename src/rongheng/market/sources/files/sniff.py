"""What kind of container a file is, from its first bytes. The file's name is never asked.

What does not live here: reading any of them (``text``, ``workbook``, ``html``, ``records``, ``database``).
"""

from __future__ import annotations

import io
import zipfile
from enum import StrEnum

from rongheng.basics.errors import DataError


class Container(StrEnum):
    """The containers that can be read."""

    XLSX = "xlsx"
    XLS = "xls"
    ZIP = "zip"
    HTML = "HTML"
    PARQUET = "Parquet"
    JSON = "JSON"
    SQLITE = "SQLite"
    TEXT = "text"


_UTF8_BOM = b"\xef\xbb\xbf"
_EMPTY_ZIP = b"PK\x05\x06"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SQLITE = b"SQLite format 3\x00"
_OTHERS = {
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a rar archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}


def container_of(data: bytes, *, file: str) -> Container:
    """Return the container that the bytes are.

    Raises
    ------
    DataError
        When the file is empty, or is a container that cannot be read here; the message says what to save it as.

    Examples
    --------
    >>> container_of("日期,融资余额(亿元)".encode("gb18030"), file="a.xls").value
    'text'
    """
    if not data[:4096].strip(b"\x00 \t\r\n") and not data.strip(b"\x00 \t\r\n"):
        raise DataError(
            f"{file} is empty ({len(data)} bytes). Expected a table: text, xlsx, xls, HTML, JSON or Parquet."
        )
    if data.startswith((b"PK\x03\x04", _EMPTY_ZIP)):
        return Container.XLSX if _is_workbook(data) else Container.ZIP
    if data.startswith(b"PAR1"):
        return Container.PARQUET
    if data.startswith(_OLD_EXCEL):
        return Container.XLS
    if data.startswith(_SQLITE):
        return Container.SQLITE
    for magic, what in _OTHERS.items():
        if data.startswith(magic):
            raise DataError(
                f"{file} is {what}, not a table. Unpack or export it as text, xlsx, JSON or Parquet, and import that."
            )
    return _text_container(data, file=file)


def _is_workbook(data: bytes) -> bool:
    """Say whether a zip archive is a workbook; one that holds workbooks has their names inside as well."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except zipfile.BadZipFile:
        return b"xl/workbook.xml" in data


def _text_container(data: bytes, *, file: str) -> Container:
    start = data[:512].removeprefix(_UTF8_BOM).lstrip(b" \t\r\n")
    if start.startswith((b"[", b"{")):
        return Container.JSON
    if start.startswith(b"<") and b"<workbook" in data[:4096].lower():
        raise DataError(
            f"{file} is a spreadsheet written as XML (Excel 2003). Open it in a spreadsheet, and save "
            "it as xlsx or CSV."
        )
    if start.startswith(b"<") and b"<table" in data.lower():
        return Container.HTML
    if start.startswith(b"<"):
        what = "an HTML or XML page" if b"<" in start[1:] or b">" in start else "a page"
        raise DataError(
            f"{file} is {what}, not a table (it begins with {start[:40].decode('utf-8', 'replace')!r}). "
            "Open it in a spreadsheet, check that it is not an error page, and save it as CSV or xlsx."
        )
    return Container.TEXT
