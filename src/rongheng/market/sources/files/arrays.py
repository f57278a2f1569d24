"""JSON whose records hold arrays, one entry for each day of a list beside them: unfolded into rows.

What lives here: which document is one, and its rows. What does not: what the columns mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rongheng.market.sources.files.dates import parse_day

DAY = "date"


def days_beside(document: Any, records: Sequence[Mapping[str, Any]]) -> list[str] | None:
    """Return the days that the arrays of the records go by, or ``None`` where there are no such arrays.

    The days are the one list of the document that holds nothing but days, and every array of a record must be as long.

    >>> days_beside({"dates": ["2025-01-02"], "funds": []}, [{"code": "510300", "nav": ["3.9"]}])
    ['2025-01-02']
    """
    lengths = {len(value) for record in records for value in record.values() if isinstance(value, list)}
    lists = [value for value in document.values() if _of_days(value)] if isinstance(document, dict) else []
    return lists[0] if len(lists) == 1 and lengths == {len(lists[0])} else None


def unfolded(
    records: Sequence[Mapping[str, Any]], days: Sequence[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what the records say once, as of the first day, and what they say of each day with what they say once."""
    about = [{name: value for name, value in record.items() if not isinstance(value, list)} for record in records]
    by_day = [
        {DAY: day, **once, **{name: value[place] for name, value in record.items() if isinstance(value, list)}}
        for record, once in zip(records, about, strict=True)
        for place, day in enumerate(days)
    ]
    return [{DAY: days[0], **once} for once in about], by_day


def _of_days(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(day, str) and parse_day(day) for day in value)
