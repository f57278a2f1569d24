"""From the rows of one sheet to one batch: identity, sessions, values, repetitions, checks, in that order."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from rongheng.basics.batch import Batch
from rongheng.basics.grades import Grade, worst, worst_of
from rongheng.basics.tables import Table
from rongheng.market.sources.files.aliases import Aliases
from rongheng.market.sources.files.checks import VALUE_CHECKS, repeats, sessions
from rongheng.market.sources.files.identity import Identity, add_keys, check_levels
from rongheng.market.sources.files.inspection import NOTE, Inspection
from rongheng.market.sources.files.planning import GRADE
from rongheng.market.sources.files.rows import read_rows
from rongheng.market.sources.files.stated import StatedUnits
from rongheng.market.sources.files.values import check_units, read_values

NO_VALUE = "no value stands in this row"


@dataclass(frozen=True)
class Call:
    """What the caller says beside the file."""

    identity: Identity
    units: StatedUnits
    aliases: Aliases
    grade: Grade
    said: dict[str, str]  # what makes another import of the same bytes
    is_published: bool = False  # it is what a publisher answers about what it was asked


def make_batch(found: Inspection, call: Call, *, sha256: str) -> Batch:
    """Read one table from one sheet."""
    rows, read = read_rows(found, call.aliases)
    rows = add_keys(rows, said=call.identity, aliases=call.aliases, found=found)
    rows = sessions.check(rows, found)
    frame = read_values(rows, found).with_columns(pl.lit(value=True).alias(name) for name in found.plan.switches)
    frame, repeated = repeats.merge(frame, found)
    frame = _without_empty(frame, found, NO_VALUE)
    check_units(frame, found)
    check_levels(frame, found, is_published=call.is_published)
    for check in VALUE_CHECKS:
        frame = check(frame, found)
    frame = _without_empty(frame, found, "no value of this row can be right")
    frame = frame.with_columns(pl.lit(value=True).alias(name) for name in found.plan.implied)
    _tell_ignored(found)
    return Batch(
        table=found.plan.table,
        facts=_facts(frame, found.plan.table, worst(call.grade, found.plan.grade)),
        quarantine=found.quarantine(sha256),
        source=found.plan.source,
        file=found.sheet.file,
        sheet=found.sheet.name,
        sha256=sha256,
        rows_read=read,
        rows_repeated=repeated,
        options="; ".join(f"{name}={value}" for name, value in (call.said | found.settled).items()),
        notices=tuple(found.notices),
    )


def _without_empty(frame: pl.DataFrame, found: Inspection, reason: str) -> pl.DataFrame:
    if not all(frame[name].null_count() for name in found.plan.stated):
        return frame  # a column without a blank
    blank = pl.all_horizontal(pl.col(name).is_null() for name in found.plan.stated)
    return found.set_rows_aside(frame, blank, reason)


def _tell_ignored(found: Inspection) -> None:
    ignored = found.plan.ignored
    if ignored:
        zh = "；".join(f"{header}（{reason.zh}）" for header, reason in ignored)
        en = "; ".join(f"{header} ({reason.en})" for header, reason in ignored)
        found.notice(f"不入库的列：{zh}", f"columns that are not kept: {en}", count=len(ignored))


def _facts(frame: pl.DataFrame, table: Table, grade: Grade) -> pl.DataFrame:
    stated = [column.name for column in table.columns if column.name in frame.columns]
    grades = worst_of(GRADE, grade) if GRADE in frame.columns else pl.lit(grade.value)
    facts = frame.select("as_of", *stated, table.known_at_each(frame), grades.cast(pl.String).alias(GRADE), NOTE)
    return facts.sort(list(table.identity))
