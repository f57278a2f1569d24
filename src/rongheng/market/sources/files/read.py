"""Read a file: what each of its sheets holds, as batches that can land in the lake.

This is the control of the room: it calls what recognises, reads and checks, in that order, and does nothing itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from rongheng.basics.batch import Batch
from rongheng.basics.errors import DataError, SourceChangedError, UsageError
from rongheng.basics.grades import Grade
from rongheng.basics.tables import Table
from rongheng.market.sources.files.aliases import Aliases, load_aliases
from rongheng.market.sources.files.checks import VALUE_CHECKS, repeats, sessions
from rongheng.market.sources.files.header import Header, find_header
from rongheng.market.sources.files.identity import Identity, add_key, check_levels
from rongheng.market.sources.files.inspection import NOTE, Inspection
from rongheng.market.sources.files.plan import Plan, make_plans
from rongheng.market.sources.files.records import read_json, read_parquet
from rongheng.market.sources.files.rows import read_rows
from rongheng.market.sources.files.sheet import Sheet
from rongheng.market.sources.files.sniff import Container, container_of
from rongheng.market.sources.files.stated import StatedUnits, stated_units
from rongheng.market.sources.files.text import read_text
from rongheng.market.sources.files.values import check_units, read_values
from rongheng.market.sources.files.workbook import read_workbook

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class _Call:
    """What the caller says beside the file."""

    identity: Identity
    units: StatedUnits
    aliases: Aliases
    grade: Grade
    options: str


def read_file(
    path: str | Path,
    *,
    unit: str | None = None,
    index: str | None = None,
    market: str | None = None,
    aliases: Path | None = None,
    grade: Grade = Grade.OFFICIAL,
    progress: Progress | None = None,
) -> list[Batch]:
    """Return what a file states, one batch for each table of each of its sheets.

    The file is recognised by its content: text with commas, tabs or semicolons in UTF-8, UTF-16 or GB18030; xlsx; JSON
    of records; Parquet. Its name counts in one case alone: levels of an index that nothing else names.

    Parameters
    ----------
    path : the file
    unit : the unit of columns that state none, ``"亿元"``, or by column, ``"融资余额=亿元,个人投资者数量=万名"``
    index : which index the levels are of, where the file has no column for it
    market : which market the rows are of, likewise
    aliases : a YAML file that adds names to those of ``aliases.yaml``
    grade : how the figures came about
    progress : called with the work done and the whole

    Returns
    -------
    list of Batch
        Every row of the file is a fact, a repetition or in quarantine; notices tell what a reader must know.

    Raises
    ------
    UsageError
        The file is not there, or the call leaves out what the file does not say (an index, a market).
    DataError
        The file is empty, damaged, or in a container that cannot be read.
    SourceChangedError
        A column or a unit is not known, or the content is not what it claims to be.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "day.csv").write_text("日期,担保物总价值(亿元),平均维持担保比例(%)\\n2024-01-05,40000.5,250.1\\n")
    >>> batch, = read_file(folder / "day.csv")
    >>> batch.facts.select("as_of", "collateral_total", "maintenance_ratio").rows()
    [(datetime.date(2024, 1, 5), 4000050000000.0, 2.501)]
    """
    path = Path(path)
    call = _Call(
        identity=Identity(index, market),
        units=stated_units(unit),
        aliases=load_aliases(aliases),
        grade=grade,
        options=_options(unit, index, market),
    )
    data = _bytes(path)
    sha256 = hashlib.sha256(data).hexdigest()
    recognised = _recognised(_sheets(data, file=path.name), call.aliases)
    steps = _Steps(progress, len(recognised))
    batches = []
    for sheet, header in recognised:
        for plan in make_plans(sheet, header, aliases=call.aliases, stated=call.units, key_hint=call.identity.key):
            batches.append(_batch(Inspection(sheet, header, plan), call, sha256, steps))
        steps.sheet_done()
    return batches


class _Steps:
    """Tells how far the work is: each sheet is so many equal steps."""

    PER_SHEET = 4

    def __init__(self, progress: Progress | None, sheets: int) -> None:
        self._progress = progress
        self._done = 0
        self._whole = sheets * self.PER_SHEET
        self._tell()

    def step(self) -> None:
        """One step of a sheet is done."""
        if self._done % self.PER_SHEET < self.PER_SHEET - 1:
            self._done += 1
            self._tell()

    def sheet_done(self) -> None:
        """A sheet is done."""
        self._done += self.PER_SHEET - self._done % self.PER_SHEET
        self._tell()

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self._done, self._whole)


def _options(unit: str | None, index: str | None, market: str | None) -> str:
    said = {"unit": unit, "index": index, "market": market}
    return "; ".join(f"{name}={value.strip()}" for name, value in said.items() if value)


def _bytes(path: Path) -> bytes:
    if path.is_dir():
        raise UsageError(f"{path} is a folder, not a file. Name the files in it.")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}. Check the name and the folder.") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from None


def _sheets(data: bytes, *, file: str) -> list[Sheet]:
    match container_of(data, file=file):
        case Container.XLSX:
            return read_workbook(data, file=file)
        case Container.PARQUET:
            return [read_parquet(data, file=file)]
        case Container.JSON:
            return [read_json(data, file=file)]
        case Container.TEXT:
            return [read_text(data, file=file)]


def _recognised(sheets: list[Sheet], aliases: Aliases) -> list[tuple[Sheet, Header]]:
    """Return the sheets with their headers; sheets without one are passed over as long as another has one."""
    found: list[tuple[Sheet, Header]] = []
    refused: list[SourceChangedError] = []
    for sheet in sheets:
        try:
            found.append((sheet, find_header(sheet, aliases)))
        except SourceChangedError as error:
            refused.append(error)
    if not found:
        raise refused[0]
    return found


def _batch(found: Inspection, call: _Call, sha256: str, steps: _Steps) -> Batch:
    table = found.plan.table
    rows, read = read_rows(found, call.aliases)
    rows = sessions.check(_with_keys(rows, found, call), found)
    steps.step()
    frame = read_values(rows, found)
    steps.step()
    frame, repeated = repeats.merge(frame, found)
    frame = _without_empty(frame, found, "no value stands in this row")
    check_units(frame, found)
    check_levels(frame, table=table, sheet=found.sheet)
    for check in VALUE_CHECKS:
        frame = check(frame, found)
    frame = _without_empty(frame, found, "no value of this row can be right")
    steps.step()
    _tell_ignored(found.plan, found)
    return Batch(
        table=table,
        facts=_facts(frame, found, call.grade),
        quarantine=found.quarantine(sha256),
        source=found.plan.source,
        file=found.sheet.file,
        sheet=found.sheet.name,
        sha256=sha256,
        rows_read=read,
        rows_repeated=repeated,
        options=call.options,
        notices=tuple(found.notices),
    )


def _with_keys(rows: pl.DataFrame, found: Inspection, call: _Call) -> pl.DataFrame:
    key = found.plan.table.key
    place = found.plan.places.get(key[0]) if key else None
    texts = None if place is None else rows[str(place)].str.strip_chars()
    return add_key(rows, texts, said=call.identity, aliases=call.aliases, found=found)


def _without_empty(frame: pl.DataFrame, found: Inspection, reason: str) -> pl.DataFrame:
    values = [binding.column.name for binding in found.plan.bindings]
    return found.set_rows_aside(frame, pl.all_horizontal(pl.col(name).is_null() for name in values), reason)


def _tell_ignored(plan: Plan, found: Inspection) -> None:
    if plan.ignored:
        listed = "; ".join(f"{header} ({reason})" for header, reason in plan.ignored)
        found.notice(f"不入库的列：{listed}", f"columns that are not kept: {listed}", count=len(plan.ignored))


def _facts(frame: pl.DataFrame, found: Inspection, grade: Grade) -> pl.DataFrame:
    table = found.plan.table
    stated = [column.name for column in table.columns if column.name in frame.columns]
    facts = frame.select("as_of", *stated, _known_at(frame["as_of"], table), pl.lit(grade.value).alias("grade"), NOTE)
    return facts.sort(list(table.identity))


def _known_at(days: pl.Series, table: Table) -> pl.Series:
    unique = days.unique()
    moments = [table.publication.known_at(day) for day in unique.to_list()]
    known = pl.Series("known_at", moments, dtype=pl.Datetime("us", "UTC"))
    return days.replace_strict(unique, known, default=None, return_dtype=pl.Datetime("us", "UTC")).alias("known_at")
