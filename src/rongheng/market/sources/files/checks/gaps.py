"""Sessions that a file leaves out between its first and its last: told, never filled."""

from __future__ import annotations

from datetime import date

import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.market.sources.files.inspection import Inspection


def check(frame: pl.DataFrame, found: Inspection) -> pl.DataFrame:
    """Tell which sessions are missing, for each index or market."""
    table = found.plan.table
    if (
        table.of_securities or table.of_contracts or not table.daily
    ):  # thousands of series, or facts that stand until the next one
        return frame
    key = table.key
    groups = frame.partition_by(key, as_dict=True).items() if key else [((), frame)]
    for names, rows in groups:
        days = rows["as_of"]
        first, last = days.min(), days.max()
        if not isinstance(first, date) or not isinstance(last, date):
            continue
        have = set(days.to_list())
        missing = [day for day in calendar().between(first, last) if day not in have]
        if missing:
            _tell(missing, " ".join(map(str, names)), first, last, found)
    return frame


def _tell(missing: list[date], name: str, first: date, last: date, found: Inspection) -> None:
    shown = ", ".join(map(str, missing[:3])) + (f" … {missing[-1]}" if len(missing) > 3 else "")
    of = f"{name}: " if name else ""
    found.notice(
        f"{of}{first} 至 {last} 间缺 {len(missing)} 个交易日（{shown}）",
        f"{of}sessions between {first} and {last} that are not in the file: {len(missing)} ({shown})",
        count=len(missing),
    )
