"""Dates as files write them, read once for each different text.

What does not live here: whether a date is a session (``checks.sessions``).
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from functools import lru_cache

import polars as pl

from rongheng.basics.calendar import SHANGHAI

_CLOCK = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?P<zone>Z|[+-]\d{2}:?\d{2})?)?"
_WEEKDAY = r"(?: ?\(?(?:星期|周)[一二三四五六日天]\)?)?"
_WRITTEN = re.compile(
    r"^(?P<year>\d{4})(?:[-/.]|年)(?P<month>\d{1,2})(?:[-/.]|月)(?P<day>\d{1,2})日?" + _CLOCK + _WEEKDAY + "$"
)
_DIGITS = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:\.0+)?$")
_SERIAL = re.compile(r"^(\d{5})(?:\.\d+)?$")
_GUARD = re.compile(r'^="(.*)"$')
_EXCEL_EPOCH = date(1899, 12, 30)


@lru_cache(maxsize=65_536)
def parse_day(text: str) -> date | None:
    """Return the day that a text writes, or ``None`` when it writes none.

    Understood: ``2026-01-05``, ``2026/1/5``, ``2026年1月5日``, ``20260105``, an Excel serial, each with a time of day
    behind it. A time with a zone gives Shanghai's day.

    >>> [str(parse_day(text)) for text in ("2026/1/5", "20260105", "46027", "2026-01-04T16:00:00Z")]
    ['2026-01-05', '2026-01-05', '2026-01-05', '2026-01-05']
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if guarded := _GUARD.match(plain):
        plain = guarded[1].strip()
    try:
        if match := _WRITTEN.match(plain):
            if match["zone"]:
                return datetime.fromisoformat(plain).astimezone(SHANGHAI).date()
            return date(int(match["year"]), int(match["month"]), int(match["day"]))
        if match := _DIGITS.match(plain):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _SERIAL.match(plain):
            return _EXCEL_EPOCH + timedelta(days=int(match[1]))
    except ValueError:
        return None
    return None


def days(column: pl.Series) -> pl.Series:
    """Return the days of a column of text; null where there is none.

    Parameters
    ----------
    column : String

    Returns
    -------
    Date, of the same length
    """
    texts = column.unique().drop_nulls()
    parsed = pl.Series([parse_day(text) for text in texts.to_list()], dtype=pl.Date())
    return column.replace_strict(texts, parsed, default=None, return_dtype=pl.Date())
