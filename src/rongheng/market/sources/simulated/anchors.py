"""What the simulated market must pass through, looked up in the published figures.

What lives here: access to the printed figures by report, table and session, and the clock (positions of sessions).
What does not: the paths. Where two published figures contradict each other the simulated market follows one:

==================================================  ===========================================================
published figures                                   followed
==================================================  ===========================================================
Huachuang chart 23 has the low of January 2025 on   chart 23, with the lag of six sessions that it prints for the
the 10th; the statistics have it on the 6th         CSI 300 (the real one is one session)
Huachuang dates the cash share of 6.95 % and        chapter 4
5.98 % differently in its summary and in chapter 4
Huachuang chart 26, 2016-01-28: securities          both, as printed, though -7.3 looks like a misprint
collateral -7.3 % in 7 and -24.9 % in 15 sessions
Qihe's mean financing balance of 2023 (15,503)      the mean of the margin balance (16,058) and the balances of the
needs a short balance that its own table excludes   single days; the mean of the financing balance comes out lower
Qihe's growth of 7.64 %                             the balances that it is the growth of (7.63 %)
==================================================  ===========================================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.market.sources.published import published_figures

FIRST = date(2012, 9, 27)  # account statistics begin

Key = tuple[str, str, str, str, str]  # report, table, key, date, column


@cache
def _printed() -> Mapping[Key, float]:
    rows = published_figures().drop_nulls("value").select("report", "table", "key", "date", "column", "value")
    return {(report, table, key, day, column): value for report, table, key, day, column, value in rows.iter_rows()}


def printed(report: str, table: str, *, key: str = "", day: str = "", column: str = "value") -> float:
    """Return one printed figure, in our units."""
    return _printed()[(report, table, key, day, column)]


def printed_days(report: str, table: str, *, key: str | None = None) -> list[str]:
    """Return the dates of a table's rows, each once, in their order."""
    chosen = published_figures().filter(pl.col("report") == report, pl.col("table") == table)
    if key is not None:
        chosen = chosen.filter(pl.col("key") == key)
    return chosen["date"].unique(maintain_order=True).to_list()


def index_lows() -> list[tuple[str, float]]:
    """Return the printed days and closes of the SSE Composite at Qihe's points."""
    rows = published_figures().filter(pl.col("report") == "qihe", pl.col("table") == "lows")
    days = rows.filter(pl.col("column") == "index_low_date")["printed"].to_list()
    return list(zip(days, rows.filter(pl.col("column") == "index_close")["value"].to_list(), strict=True))


@dataclass(frozen=True, slots=True)
class Clock:
    """The sessions of the simulated market, and where each one stands."""

    sessions: Sequence[date]

    @classmethod
    def until(cls, last: date) -> Clock:
        """Return the clock from the first account statistics to ``last``."""
        return cls(calendar().between(FIRST, last))

    @property
    def size(self) -> int:
        """How many sessions there are."""
        return len(self.sessions)

    def __call__(self, day: str) -> int:
        """Return the position of a session (of the last one before it, on a day without trading)."""
        session = calendar().on_or_before(date.fromisoformat(day))
        return calendar().count_between(FIRST, session)

    def month(self, text: str) -> slice:
        """Return the positions of a month (``2015-02``) or of a year."""
        inside = [at for at, session in enumerate(self.sessions) if session.isoformat().startswith(text)]
        return slice(inside[0], inside[-1] + 1)
