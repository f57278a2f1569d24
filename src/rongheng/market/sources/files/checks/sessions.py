"""Every fact is of a session: dates that are none go to quarantine, and a date that lost its last digit is mended.

Vendors' files carry phantom rows on holidays and, where a text column was cut too short, ``2018-11-3`` for
``2018-11-30``. Such a date is mended where exactly one session between the rows around it begins with what is left.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import SourceChangedError
from rongheng.market.sources.files.aliases import DATE
from rongheng.market.sources.files.dates import days
from rongheng.market.sources.files.inspection import NOTE, Inspection
from rongheng.market.sources.files.plan import letters
from rongheng.market.sources.files.sheet import ROW

DATE_TEXT = "__date__"
_ONE_DIGIT = r"^\d{4}([-/.])\d{2}[-/.]\d$"
_PADDED = r"^\d{4}[-/.]\d{2}[-/.]0\d"


def check(frame: pl.DataFrame, found: Inspection) -> pl.DataFrame:
    """Return the frame with ``as_of``, only sessions in it; ``DATE_TEXT`` holds the dates as the file writes them."""
    frame = frame.with_columns(days(frame[DATE_TEXT]).alias("as_of"), pl.lit(None, dtype=pl.String).alias(NOTE))
    if frame.height and frame["as_of"].null_count() == frame.height:
        raise _no_dates(frame, found)
    if frame["as_of"].null_count():
        frame = found.set_rows_aside(frame, pl.col("as_of").is_null(), "no date stands here")
    if found.plan.table.of_every_day:
        return frame.drop(DATE_TEXT)
    frame = _mend_clipped(frame, found)
    return _only_sessions(frame, found).drop(DATE_TEXT)


def _no_dates(frame: pl.DataFrame, found: Inspection) -> SourceChangedError:
    place = found.plan.places[DATE]
    shown = ", ".join(repr(text[:24]) for text in frame[DATE_TEXT].drop_nulls().head(3).to_list())
    return SourceChangedError(
        f"{found.sheet.where}: column {letters(place)} ({found.header.texts[place]!r}) holds no date that can be read; "
        f"found {shown or 'nothing'}. Expected 2026-01-05, 2026/1/5, 20260105, 2026年1月5日 or an Excel date."
    )


def _only_sessions(frame: pl.DataFrame, found: Inspection) -> pl.DataFrame:
    known = calendar()
    day = pl.col("as_of")
    last = known.offset(known.last, -1)  # what appears a session later needs the session after it
    if all(known.is_session(one) and one <= last for one in frame["as_of"].unique().to_list()):
        return frame
    frame = found.set_rows_aside(frame, day < known.first, f"before the first session, {known.first}")
    frame = found.set_rows_aside(frame, day > last, f"after the last session that the calendar knows, {last}")
    sessions = pl.Series("as_of", known.sessions, dtype=pl.Date())
    why = pl.format("{} is not a trading day ({})", day, day.dt.strftime("%A"))
    return found.set_rows_aside(frame, ~day.is_in(sessions.implode()), why)


def _mend_clipped(frame: pl.DataFrame, found: Inspection) -> pl.DataFrame:
    each = frame[DATE_TEXT].unique().str.strip_chars()
    if not each.str.contains(_ONE_DIGIT).any() or not each.str.contains(_PADDED).any():
        return frame  # a file that writes 2018-11-3 throughout means the third
    text = frame[DATE_TEXT].str.strip_chars()
    clipped = text.str.contains(_ONE_DIGIT)
    readings = _readings(frame.with_columns(text.alias(DATE_TEXT), clipped.alias("__clipped__")), found.plan.table.key)
    mended = pl.col("mended")
    frame = frame.join(readings, on=ROW, how="left", maintain_order="left")
    frame = found.set_rows_aside(
        frame,
        pl.col("__clipped__") & mended.is_null(),
        "a date that lost a digit, and not exactly one session between its neighbours begins with what is left",
    )
    changed = mended.is_not_null() & (mended != pl.col("as_of"))
    note = pl.format("date {} read as {}", DATE_TEXT, mended)
    examples = frame.filter(changed).select(pl.format("{} → {}", DATE_TEXT, mended).alias("as"))["as"]
    if examples.len():
        shown = ", ".join(examples.head(3).to_list())
        found.notice(
            f"{examples.len()} 个日期缺末位，按前后交易日补全（{shown}）",
            f"dates that lost their last digit, mended from the sessions around them: {examples.len()} ({shown})",
            count=examples.len(),
        )
    frame = frame.with_columns(pl.when(changed).then(note).otherwise(NOTE).alias(NOTE))
    return frame.with_columns(pl.coalesce(mended, "as_of").alias("as_of")).drop("mended", "__clipped__")


def _readings(frame: pl.DataFrame, key: tuple[str, ...]) -> pl.DataFrame:
    """For each clipped date the one session that it can be, or null."""
    sure = pl.when(~pl.col("__clipped__")).then("as_of")
    before, after = sure.forward_fill(), sure.backward_fill()
    if key:
        before, after = before.over(key), after.over(key)
    around = frame.with_columns(before=before, after=after).filter("__clipped__")
    mended = [
        _only_reading(text, first, last)
        for text, first, last in around.select(DATE_TEXT, "before", "after").iter_rows()
    ]
    return around.select(ROW, "__clipped__", pl.Series("mended", mended, dtype=pl.Date()))


def _only_reading(text: str, before: date | None, after: date | None) -> date | None:
    if before is None or after is None:
        return None
    first, last = min(before, after), max(before, after)
    left = text.replace("/", "-").replace(".", "-")
    between = [day for day in calendar().between(first, last) if first < day < last]
    fitting = [day for day in between if str(day).startswith(left) or str(day) == f"{left[:-1]}0{left[-1]}"]
    return fitting[0] if len(fitting) == 1 else None
