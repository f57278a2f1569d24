"""Lists of instruments: since when a share is listed, and who was a member of an index when.

A list of members ends a span on the day on which the member is replaced. From the spans come whole lists: one for each
day on which the membership changes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date

import polars as pl

from rongheng.basics.securities import board_of, find_security
from rongheng.market.sources.qlib.aside import Aside
from rongheng.market.sources.qlib.folder import Span

_BEFORE = "listed on that session or before: the file's calendar begins there"


def read_listings(spans: Sequence[Span], sessions: Sequence[date]) -> tuple[pl.DataFrame, Aside, int]:
    """Return since when each share is listed, what was set aside, and how many lines are of no share.

    A last day says nothing: it is where the collection ends as often as where a share does.
    """
    aside = Aside()
    known = frozenset(sessions)
    shares = {span: code for span in spans if (code := find_security(span.code)) is not None}
    frame = pl.DataFrame(
        [(span.first, code, span.code) for span, code in shares.items()],
        schema={"as_of": pl.Date(), "security": pl.String(), "code": pl.String()},
        orient="row",
    ).filter(board_of(pl.col("security")).is_not_null())
    others = len(spans) - frame.height
    for row in frame.filter(~pl.col("as_of").is_in(list(known))).iter_rows(named=True):
        aside.whole(row["code"], f"{row['as_of']} is no session of the calendar")
    listed = frame.filter(pl.col("as_of").is_in(list(known))).unique("security", keep="first", maintain_order=True)
    note = pl.when(pl.col("as_of") == sessions[0]).then(pl.lit(_BEFORE))
    return listed.select("as_of", "security", pl.lit("listed").alias("status"), note.alias("note")), aside, others


def read_members(
    index: str, spans: Sequence[Span], sessions: Sequence[date]
) -> tuple[pl.DataFrame, Aside, tuple[int, int]]:
    """Return a whole list of the index for each day of change, what was set aside, and the fewest and most members.

    Parameters
    ----------
    index : our code of the index
    """
    aside = Aside()
    coded = [(find_security(span.code), span) for span in spans]
    for code, span in coded:
        if code is None:
            aside.whole(span.code, "no share has this code")
    good = [(code, span) for code, span in coded if code is not None]
    last = sessions[-1]
    ends = {span.last for _, span in good if span.last < last}
    changes = {_on_or_after(day, sessions) for day in ends | {span.first for _, span in good}}
    rows, sizes = [], []
    for day in sorted(day for day in changes if day is not None):
        members = sorted({code for code, span in good if span.first <= day and (day < span.last or span.last >= last)})
        sizes.append(len(members))
        rows += [(day, index, member) for member in members]
    schema = {"as_of": pl.Date(), "index": pl.String(), "security": pl.String()}
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.lit(value=True).alias("is_member"), pl.lit(None, dtype=pl.String).alias("note")
    )
    return frame, aside, (min(sizes, default=0), max(sizes, default=0))


def _on_or_after(day: date, sessions: Sequence[date]) -> date | None:
    place = bisect_left(sessions, day)
    return sessions[place] if place < len(sessions) else None
