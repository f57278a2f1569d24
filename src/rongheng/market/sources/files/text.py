"""Delimited text: which encoding, which delimiter, and its cells.

The encoding and the delimiter are found from the content: exports of terminals named ``.xls`` are often GB18030 text
with tabs.
"""

from __future__ import annotations

from collections import Counter

import polars as pl

from rongheng.basics.errors import DataError
from rongheng.market.sources.files.damaged import reading
from rongheng.market.sources.files.sheet import Sheet

DELIMITERS = ("\t", ";", "|", ",")  # where two are as steady, numbers like 1,234 speak against the comma
_SAMPLE = 60  # lines that are looked at
_CONTROLS = bytes([*range(9), *range(14, 32)])
_FIRST_CHINESE = "\u2e80"
_BOMS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def read_text(data: bytes, *, file: str) -> Sheet:
    """Return the cells of a delimited text.

    Raises
    ------
    DataError
        When the bytes are no text, or stop being text on the way; the message names the line.
    """
    encoded = as_utf8(data, file=file)
    sample = [line for line in _first_lines(encoded.lstrip()) if line.strip()]
    if not sample:
        raise DataError(f"{file} is empty but for blank lines. Expected a header and rows below it.")
    delimiter = delimiter_of(sample)
    width = max(line.count(delimiter) for line in sample) + 1
    cells = _cells(encoded, delimiter=delimiter, width=width, file=file)
    return Sheet(file, None, cells, joined_lines=cells.height < encoded.count(b"\n"))


def delimiter_of(lines: list[str]) -> str:
    """Return the delimiter that stands equally often in most lines.

    >>> delimiter_of(["日期\\t融资余额", "2024-01-05\\t1,234,567", "2024-01-08\\t1,567"]) == "\\t"
    True
    """

    def steadiness(delimiter: str) -> int:
        counts = Counter(count for line in lines if (count := _count_outside_quotes(line, delimiter)))
        return max(counts.values(), default=0)

    best = max(DELIMITERS, key=steadiness)
    return best if steadiness(best) else ","


def _count_outside_quotes(line: str, delimiter: str) -> int:
    return sum(part.count(delimiter) for part in line.split('"')[::2])


def _first_lines(encoded: bytes) -> list[str]:
    return encoded[:262_144].decode("utf-8", "ignore").splitlines()[:_SAMPLE]


def _cells(encoded: bytes, *, delimiter: str, width: int, file: str) -> pl.DataFrame:
    # One column more than the widest line of the sample: what lands there has more cells than its header.
    schema = {str(place): pl.String() for place in range(width + 1)}
    with reading(
        f"text cut at {delimiter!r}", file=file, look_for='Look for a quotation mark (") that is never closed.'
    ):
        cells = pl.read_csv(
            encoded,
            has_header=False,
            schema=schema,
            separator=delimiter,
            missing_columns="insert",
            truncate_ragged_lines=True,
        )
    if not cells.height:
        raise DataError(f"{file} holds no row. Expected a header and rows below it.")
    spare = str(width)
    return cells if cells[spare].null_count() < cells.height else cells.drop(spare)


def as_utf8(data: bytes, *, file: str) -> bytes:
    """Return the text in UTF-8, whichever encoding it was written in; see :func:`read_text` for the errors."""
    if not data.startswith((b"\xff\xfe", b"\xfe\xff")) and not _utf16_without_bom(data):
        _check_printable(data, file=file)
    encoding, body = _encoding_of(data, file=file)
    if encoding == "utf-8":
        text_bytes = body
    else:
        try:
            text_bytes = body.decode(encoding).encode("utf-8")
        except UnicodeDecodeError as error:
            raise _damaged(body, error, encoding=encoding, file=file) from None
    _check_printable(text_bytes, file=file)
    return text_bytes if b"\n" in text_bytes else text_bytes.replace(b"\r", b"\n")


def _encoding_of(data: bytes, *, file: str) -> tuple[str, bytes]:
    for bom, encoding in _BOMS.items():
        if data.startswith(bom):
            body = data[len(bom) :]
            if encoding == "utf-8":
                _check_utf8(body, file=file)
            return encoding, body
    if guessed := _utf16_without_bom(data):
        return guessed, data
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        # Chinese that reads as UTF-8 up to the fault cannot be GB18030 by chance: the file is damaged UTF-8. Letters of
        # other scripts can: 证券 in GB18030 is two of them in UTF-8.
        if any(mark >= _FIRST_CHINESE for mark in data[: error.start].decode("utf-8")):
            raise _damaged(data, error, encoding="utf-8", file=file) from None
        return "gb18030", data
    return "utf-8", data


def _check_utf8(body: bytes, *, file: str) -> None:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _damaged(body, error, encoding="utf-8", file=file) from None


def _utf16_without_bom(data: bytes) -> str | None:
    """Digits, commas and line ends of UTF-16 have a zero byte on one side; no other text has any."""
    head = data[: 4096 - len(data[:4096]) % 2]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 10 < len(head) // 2 or min(even, odd) * 10 > max(even, odd):
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


def _check_printable(text_bytes: bytes, *, file: str) -> None:
    """Bytes that no text holds tell pictures, programs and databases from tables before an encoding is tried."""
    head = text_bytes[:65_536]
    if b"\x00" in text_bytes or head.translate(None, _CONTROLS) != head:
        raise DataError(
            f"{file} is neither text nor a container that can be read (it holds bytes that no text has). "
            "Expected text, xlsx, JSON or Parquet."
        )


def _damaged(body: bytes, error: UnicodeDecodeError, *, encoding: str, file: str) -> DataError:
    newline = "\n".encode(encoding)
    line = body[: error.start].count(newline) + 1
    found = body[error.start : error.start + 4].hex(" ")
    return DataError(
        f"{file}, line {line}: the bytes {found} are not {encoding}, in which the text before them is written. "
        "The file is damaged or glued together from two encodings; export it again as UTF-8."
    )
