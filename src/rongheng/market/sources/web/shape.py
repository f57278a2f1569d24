"""The shape of an answer: its keys, headers and units without any figure, so that two days can be compared by a hash.

A shape says that a publisher has changed something before a figure is lost over it. What does not live here: whether a
shape is good (each source's ``check``), and where shapes are remembered (``desk.shapes``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

from rongheng.basics.errors import DataError
from rongheng.market.sources.files.containers import sheets_of
from rongheng.market.sources.files.sheet import Sheet
from rongheng.market.sources.files.wording import unit_in, visible
from rongheng.market.sources.web.source import Answer

_CALL = re.compile(r"^[\w.$]+\s*\((.*)\)[;\s]*$", re.S)
_SINGLE_QUOTED = re.compile(r"'([^']*)'")
_NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9]*(?=['\"]?\s*[:=])")
_SCRIPT = re.compile(r"\s*(/\*|//|(var|let|const)\s)")
_ENOUGH = 3  # texts in a row that make it a header
_SEARCHED = 10


def shape_of(answers: Sequence[Answer]) -> tuple[str, ...]:
    """Return the lines that describe the shape of some answers, sorted, each once."""
    return tuple(sorted({line for answer in answers for line in _lines(answer.body)}))


def hash_of(shape: Sequence[str]) -> str:
    """Return twelve letters that stand for a shape.

    >>> hash_of(("result[].rzye",))
    '551b5f46b495'
    """
    return sha256("\n".join(shape).encode()).hexdigest()[:12]


def _lines(body: bytes) -> Iterator[str]:
    text = _text(body)
    document = None if text is None else _document(text)
    if document is not None:
        yield from _keys(document, "")
    elif text is not None and text.lstrip().startswith("<"):
        yield from (f"page: {word}" for word in _words(text))
    elif text is not None and ("\n" not in text or _SCRIPT.match(text)):
        yield from (f"script: {name}" for name in _NAME.findall(text))
    else:
        yield from _headers(body)


def _text(body: bytes) -> str | None:
    if body.startswith((b"PK", b"\xd0\xcf")):
        return None
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("gb18030", errors="replace")


def _document(text: str) -> Any:
    call = _CALL.match(text.strip())
    plain = _SINGLE_QUOTED.sub(r'"\1"', call[1]) if call else text
    try:
        found = json.loads(plain)
    except json.JSONDecodeError:
        return None
    return found if isinstance(found, dict | list) else None


def _keys(inside: Any, path: str) -> Iterator[str]:
    """Yield the paths of a document; a text with a unit in brackets is shape, every other leaf is a figure."""
    if isinstance(inside, dict):
        for key, value in inside.items():
            yield from _keys(value, f"{path}.{key}" if path else key)
    elif isinstance(inside, list):
        for value in inside:
            yield from _keys(value, f"{path}[]")
    elif isinstance(inside, str) and unit_in(inside):
        yield f"{path}={visible(inside)}"
    else:
        yield path


def _words(page: str) -> set[str]:
    """What the links of a page say, without figures."""
    texts = re.findall(r"<a\b[^>]*>(.*?)</a>", page, re.I | re.S)
    return {re.sub(r"\d+", "0", visible(re.sub(r"<[^>]*>", "", text))) for text in texts} - {""}


def _headers(body: bytes) -> Iterator[str]:
    try:
        sheets = sheets_of(body, file="answer")
    except DataError:
        yield f"bytes: {body[:4].hex()}"
        return
    for sheet in sheets:
        yield from (f"column: {text}" for text in _header(sheet))


def _header(sheet: Sheet) -> list[str]:
    """Return the first row of several texts without figures; of a sheet on its side, the labels and units."""
    for place in range(min(_SEARCHED, sheet.cells.height)):
        texts = [visible(cell) for cell in sheet.line(place) if cell and visible(cell)]
        if len(texts) >= _ENOUGH and not any(re.fullmatch(r"[\d,.\-%/]+", text) for text in texts):
            below = sheet.cells.slice(place + 1)
            labels = [cell for column in below.get_columns() for cell in column.drop_nulls().to_list()]
            upright = below.height < 40 and len(texts) <= 6
            return texts + [visible(text) for text in labels if upright and not re.search(r"\d", text)]
    return []
