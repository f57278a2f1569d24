"""What the bytes of an answer are, before any of it is understood: JSON, a workbook, or a page that turns us away.

Numbers keep the text that was typed. What does not live here: what the keys mean.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from rongheng.basics.errors import DataError, SourceChangedError, SourceDownError, SourceRefusedError
from rongheng.market.sources.files.containers import sheets_of
from rongheng.market.sources.files.records import loads_as_text
from rongheng.market.sources.files.sheet import Sheet
from rongheng.market.sources.files.text import read_text
from rongheng.market.sources.web.source import Answer, Ask

Record = Mapping[str, Any]
_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_CALL = re.compile(r"^[\w.$]+\s*\(")
_SINGLE_QUOTED_DAY = re.compile(r"'(\d{4}-\d\d-\d\d)'")

# What pages say that stand between us and the figures.
_TURNED_AWAY = re.compile("验证|captcha|频繁|拒绝|禁止|forbidden|denied|blocked|waf|challenge|机器人|robot", re.I)


def json_body(answer: Answer, ask: Ask) -> Any:
    """Return the JSON document of an answer, its numbers as text.

    Raises
    ------
    SourceRefusedError
        The body is a page that asks who we are.
    SourceDownError
        It is empty or was cut short.
    SourceChangedError
        It is something else.
    """
    if answer.body.startswith((_ZIP, _OLD_EXCEL)):
        raise SourceChangedError(
            f"{ask.name}: expected JSON, found a workbook or an archive. The publisher has changed its format."
        )
    text = _text(answer, ask)
    if text.startswith("<"):
        raise _page_instead(text, ask)
    try:
        return loads_as_text(text)
    except json.JSONDecodeError as error:
        if text.startswith(("{", "[")) and _ends_early(error, text):
            raise _cut_short(answer, ask) from None
        raise SourceChangedError(
            f"{ask.name}: expected JSON, found {text[:60]!r} ({error.msg} at character {error.pos}). "
            "The publisher has changed its format."
        ) from None


def jsonp_body(answer: Answer, ask: Ask) -> Any:
    """Return the document inside a call such as ``callback([...])``; dates in single quotes are read too.

    Raises
    ------
    SourceRefusedError, SourceDownError, SourceChangedError
        As :func:`json_body`.
    """
    text = _text(answer, ask)
    if text.startswith("<"):
        raise _page_instead(text, ask)
    call = _CALL.match(text)
    if call is None:
        raise SourceChangedError(
            f"{ask.name}: expected a call with JSON inside, found {text[:60]!r}. The publisher has changed its format."
        )
    if not text.rstrip("; \r\n").endswith(")"):
        raise _cut_short(answer, ask)
    inside = _SINGLE_QUOTED_DAY.sub(r'"\1"', text[call.end() :].rstrip("; \r\n")[:-1])
    try:
        return loads_as_text(inside)
    except json.JSONDecodeError as error:
        raise SourceChangedError(
            f"{ask.name}: expected JSON, found {inside[:60]!r} ({error.msg} at character {error.pos}). The publisher "
            "has changed its format."
        ) from None


def workbook_body(answer: Answer, ask: Ask) -> list[Sheet]:
    """Return the sheets of an answer that is a workbook, of either of Excel's formats.

    Raises
    ------
    SourceRefusedError, SourceDownError, SourceChangedError
        As :func:`json_body`.
    """
    if not answer.body.startswith((_ZIP, _OLD_EXCEL)):
        raise _other_than("a workbook", answer, ask)
    from rongheng.market.sources.files.workbook import read_workbook  # loads two libraries: only when needed

    try:
        return read_workbook(answer.body, file=ask.name)
    except DataError as error:
        raise SourceDownError(f"{error} Try again later.") from None


def text_body(answer: Answer, ask: Ask) -> Sheet:
    """Return the cells of an answer that is delimited text, in UTF-8 or GB18030; the errors are those above."""
    text = _text(answer, ask)
    if text.startswith("<"):
        raise _page_instead(text, ask, "delimited text")
    if text.startswith(("{", "[")) or "\n" not in text:
        raise _other_than("delimited text", answer, ask)
    return read_text(answer.body, file=ask.name)


def archive_body(answer: Answer, ask: Ask) -> list[Sheet]:
    """Return the tables of an answer that is a zip archive; the errors are those above."""
    if not answer.body.startswith(_ZIP):
        raise _other_than("a zip archive", answer, ask)
    try:
        return sheets_of(answer.body, file=ask.name)
    except DataError as error:
        raise SourceDownError(f"{error} Try again later.") from None


def script_body(answer: Answer, ask: Ask) -> str:
    """Return an answer that is a script with figures in it; the errors are those above."""
    text = _text(answer, ask)
    if text.startswith("<"):
        raise _page_instead(text, ask, "a script")
    return text


def page_body(answer: Answer, ask: Ask) -> str:
    """Return an answer that is meant to be a page, once it is none that turns us away and none that was cut short."""
    text = _text(answer, ask)
    if not text.startswith("<"):
        raise SourceChangedError(f"{ask.name}: expected a page, found {text[:60]!r}. The address has changed.")
    if "<a " not in text.lower() and _TURNED_AWAY.search(text):
        raise _page_instead(text, ask, "a list of files")
    if "</html>" not in text.lower()[-200:]:
        raise _cut_short(answer, ask)
    return text


def _other_than(expected: str, answer: Answer, ask: Ask) -> DataError:
    text = _text(answer, ask)
    if text.startswith("<"):
        return _page_instead(text, ask, expected)
    return SourceChangedError(
        f"{ask.name}: expected {expected}, found {text[:60]!r}. The publisher has changed its format."
    )


def _cut_short(answer: Answer, ask: Ask) -> SourceDownError:
    return SourceDownError(f"{ask.name}: the answer was cut short after {len(answer.body)} bytes. Try again later.")


def _ends_early(error: json.JSONDecodeError, text: str) -> bool:
    return error.pos >= len(text) - 1 or error.msg.startswith("Unterminated")


def _text(answer: Answer, ask: Ask) -> str:
    try:
        text = answer.body.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        text = answer.body.decode("gb18030", errors="replace").strip()
    if not text:
        raise SourceDownError(f"{ask.name}: the answer is empty. Try again later.")
    return text


def _page_instead(text: str, ask: Ask, expected: str = "JSON") -> SourceRefusedError | SourceChangedError:
    title = re.search(r"<title[^>]*>(.*?)</title>", text, re.I | re.S)
    shown = title[1].strip()[:60] if title else text[:60]
    if _TURNED_AWAY.search(text):
        return SourceRefusedError(
            f"{ask.name}: a page ({shown!r}) stands where figures should; the publisher wants to know who asks. Wait "
            "half an hour, or open its page in a browser."
        )
    return SourceChangedError(f"{ask.name}: expected {expected}, found a page ({shown!r}). The address has changed.")


def member(document: Any, *path: str, ask: Ask) -> Any:
    """Return what stands under the keys; a key that is not there is a ``SourceChangedError`` that names it."""
    inside = document
    for depth, key in enumerate(path):
        if not isinstance(inside, dict) or key not in inside:
            where = ".".join(path[: depth + 1])
            raise SourceChangedError(f"{ask.name}: the answer has no {where!r}. The publisher has changed its format.")
        inside = inside[key]
    return inside


def records(found: Any, *, ask: Ask, where: str) -> list[Record]:
    """Return the rows of an answer; anything but a list of objects is a ``SourceChangedError``."""
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise SourceChangedError(f"{ask.name}: {where!r} is no list of rows. The publisher has changed its format.")
    return found


def whole(value: Any, *, ask: Ask, where: str) -> int:
    """Return a count that an answer states about itself."""
    if isinstance(value, str) and value.isdigit():
        return int(value)
    raise SourceChangedError(
        f"{ask.name}: {where!r} is {value!r}, expected a count. The publisher has changed its format."
    )


def check_count(pages: Sequence[Sequence[Record]], *, stated: int, ask: Ask) -> list[Record]:
    """Return the rows of all pages once they are as many as the answer says, and no page repeats another."""
    for number, page in enumerate(pages):
        if page and any(page == other for other in pages[:number]):
            raise SourceChangedError(f"{ask.name}: page {number + 1} repeats an earlier page. Nothing of it was kept.")
    rows = [row for page in pages for row in page]
    if len(rows) != stated:
        raise SourceChangedError(
            f"{ask.name}: the answer says that it has {stated} rows and has {len(rows)}. Nothing of it was kept."
        )
    return rows
