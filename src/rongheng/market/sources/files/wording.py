"""The text of headers: what does not count in it, and the unit that it may carry.

What does not live here: which header means which column (``aliases``, ``layouts``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rongheng.basics.units import find_scale

_GUARD = re.compile(r'^="(.*)"$')
_BRACKETS = str.maketrans("【】〔〕［］〈〉", "[][][]()")
_UNSEEN = frozenset({"\ufffc", "\ufffd", "Cf", "Cc", "Co"})  # an object's place, formats, controls, private marks
_BRACKETED = re.compile(r"\(([^()]*(?:\([^()]*\)[^()]*)?)\)|\[([^\[\]]*)\]")
_TAG = re.compile(r"\[([^\[\]]+)\]")
_TAGS = frozenset({"单位", "交易日期", "截止日期", "报告期", "日期"})  # what terminals write under a column's name
_UNIT_WORD = re.compile(r"^单位[:=]?")
_TAIL = re.compile(r"^(?P<name>.+?)[\s:/_,;|]+(?P<unit>[^\s:/_,;|]+)$")
_BILINGUAL = re.compile(r"^(?P<chinese>[^A-Za-z]*[\u4e00-\u9fff])[\s/|_-]*(?P<english>[A-Za-z][A-Za-z0-9 .&'/_()%-]*)$")


@dataclass(frozen=True, slots=True)
class Spelling:
    """One reading of a header: the name, and the unit that stood beside it."""

    name: str
    unit: str | None = None


def visible(text: str) -> str:
    """Return the text in compatible forms (full width becomes half), without characters that cannot be seen.

    >>> visible("\\ufeff融资余额（亿元）\\ufffc")
    '融资余额(亿元)'
    """
    guarded = _GUARD.match(text)
    normal = unicodedata.normalize("NFKC", guarded[1] if guarded else text).translate(_BRACKETS)
    spaced = " ".join(normal.split())
    return "".join(mark for mark in spaced if mark not in _UNSEEN and unicodedata.category(mark) not in _UNSEEN).strip()


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Return what counts when two names are compared.

    >>> fold("融资-余额") == fold("融资余额"), fold("Trade_Date") == fold("tradeDate")
    (True, True)
    """
    return re.sub(r"[\s_\-–—]+", "", visible(text).casefold())


def spellings(header: str, *, prefixes: frozenset[str] = frozenset()) -> Iterator[Spelling]:
    """Yield the readings of a header, the most literal first.

    Parameters
    ----------
    prefixes : folded words that may stand before a name and a colon

    Examples
    --------
    >>> [(s.name, s.unit) for s in spellings("融资余额（亿元）")][0]
    ('融资余额', '亿元')
    """
    text = visible(header)
    whole = _without_unit(text)
    yield whole
    head, colon, rest = whole.name.partition(":")
    while colon and fold(head) in prefixes:
        yield Spelling(rest.strip(), whole.unit)
        yield from _parts(rest.strip(), whole.unit)
        head, colon, rest = rest.partition(":")
    yield from _parts(whole.name, whole.unit)


def _parts(name: str, unit: str | None) -> Iterator[Spelling]:
    if unit is None and (match := _TAIL.match(name)) and find_scale(match["unit"]):
        yield Spelling(match["name"], match["unit"])
    if match := _BILINGUAL.match(name):
        yield Spelling(match["chinese"].strip(), unit)
        yield Spelling(match["english"].strip(), unit)


def _without_unit(text: str) -> Spelling:
    tagged = _tagged(text)
    if tagged is not None:
        return tagged
    for match in _BRACKETED.finditer(text):
        inside = _UNIT_WORD.sub("", (match[1] or match[2] or "").strip()).strip()
        if find_scale(inside):
            name = (text[: match.start()] + text[match.end() :]).strip()
            if name:
                return Spelling(" ".join(name.split()), inside)
    return Spelling(text)


def _tagged(text: str) -> Spelling | None:
    """Read a header as terminals tag it, ``融资余额 [交易日期] 2024-01-05 [单位] 元``; ``None`` where it is none."""
    name, *tags = _TAG.split(text)
    labels, values = tags[::2], tags[1::2]
    if not name.strip() or not set(labels) & _TAGS:
        return None
    said = {label: value.strip() for label, value in zip(labels, values, strict=True)}
    return Spelling(name.strip(), said.get("单位") or None)


def unit_in(header: str) -> str | None:
    """Return the unit that stands in brackets in a header, or ``None``.

    >>> unit_in("涨跌幅(%)-沪深300")
    '%'
    """
    return _without_unit(visible(header)).unit


def without_unit(header: str) -> str:
    """Return a header without the unit in its brackets.

    >>> without_unit("融资余额(亿元)"), without_unit("市盈率(静)")
    ('融资余额', '市盈率(静)')
    """
    return _without_unit(visible(header)).name


def stem(header: str) -> str:
    """Return the Chinese part of a header in two languages, without its unit; any other header without its unit.

    >>> stem("成交量（万手）Volume(M Shares)"), stem("权重(%)weight"), stem("市盈率(TTM)")
    ('成交量', '权重', '市盈率(TTM)')
    """
    name = without_unit(header)
    match = _BILINGUAL.match(name)
    return match["chinese"].strip() if match else name


def bracketed(header: str) -> Spelling | None:
    """Return the header cut at its last bracket, whatever stands inside; ``None`` when it has none."""
    matches = list(_BRACKETED.finditer(visible(header)))
    if not matches:
        return None
    last = matches[-1]
    text = visible(header)
    return Spelling((text[: last.start()] + text[last.end() :]).strip(), (last[1] or last[2] or "").strip())
