"""Read a file: what each of its sheets holds, as batches that can land in the lake.

This is the control of the room: it calls what recognises, reads and checks, in that order, and does nothing itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from rongheng.basics.batch import Batch, Notice
from rongheng.basics.errors import DataError, UsageError
from rongheng.basics.grades import Grade
from rongheng.basics.text import Text
from rongheng.market.sources.files.aliases import MARKET, Aliases, load_aliases
from rongheng.market.sources.files.batching import Call, make_batch
from rongheng.market.sources.files.compressed import holds_archive, is_compressed, parts, unpacked
from rongheng.market.sources.files.containers import sheets_of
from rongheng.market.sources.files.folders import joined
from rongheng.market.sources.files.header import Header, find_header
from rongheng.market.sources.files.identity import Identity, market_named
from rongheng.market.sources.files.inspection import Inspection
from rongheng.market.sources.files.layouts import find_layouts
from rongheng.market.sources.files.planning import make_plans
from rongheng.market.sources.files.sheet import Sheet
from rongheng.market.sources.files.stacked import joined as joined_header
from rongheng.market.sources.files.stated import stated_units
from rongheng.market.sources.files.undated import dated, day_of, find_dateless, find_undated
from rongheng.market.sources.files.upright import upright
from rongheng.market.sources.files.wide import turned, unfolded
from rongheng.market.sources.qlib import is_qlib, read_qlib

Progress = Callable[[int, int], None]
_TITLES = 3  # rows of a sheet on its side that may say its day
_CELLS = 0.4  # the share of the work that it takes to cut a file into cells


def read_file(
    path: str | Path,
    *,
    unit: str | None = None,
    index: str | None = None,
    market: str | None = None,
    day: date | None = None,
    aliases: Path | None = None,
    grade: Grade = Grade.OFFICIAL,
    progress: Progress | None = None,
) -> list[Batch]:
    """Return what a file states, one batch for each table of each of its sheets.

    The file is recognised by its content: text with commas, tabs or semicolons in UTF-8, UTF-16 or GB18030; xlsx; xls;
    tables of HTML; JSON of records; Parquet; SQLite; any of these under gzip, xz or bzip2; archives (zip, tar) of such
    tables, or of the daily bars of qlib. Its name counts in two cases alone: levels of an index, and rows of one day,
    that nothing else names.

    Parameters
    ----------
    path : the file
    unit : the unit of columns that state none, ``"亿元"``, or by column, ``"融资余额=亿元,个人投资者数量=万名"``
    index : which index the levels are of, where the file has no column for it
    market : which market the rows are of, likewise
    day : the day of sheets whose rows do not name theirs; by default the date in the file's name
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
    >>> _ = (folder / "day.csv").write_bytes("日期,平均维持担保比例(%)\\n2024-01-05,250.1\\n".encode("gb18030"))
    >>> batch, = read_file(folder / "day.csv")
    >>> batch.facts.select("as_of", "maintenance_ratio").rows()
    [(datetime.date(2024, 1, 5), 2.501)]
    """
    path = Path(path)
    call = Call(
        identity=Identity(index, market, day),
        units=stated_units(unit),
        aliases=load_aliases(aliases),
        grade=grade,
        said=_said(unit, aliases, grade),
    )
    tell = _Percent(progress)
    data = _bytes(path)
    sha256 = hashlib.sha256(data).hexdigest()
    if is_compressed(data) and holds_archive(data, file=path.name):
        inside = list(parts(data, file=path.name, progress=lambda share: tell.done(_CELLS * share)))
        if is_qlib({part.name for part in inside}):
            return read_qlib(inside, file=path.name, sha256=sha256, grade=grade)
        sheets = joined(inside, file=path.name)
    else:
        sheets = sheets_of(unpacked(data, file=path.name), file=path.name)
    recognised, passed_over = _recognised(sheets, call)
    tell.done(_CELLS)
    batches: list[Batch] = []
    for number, one in enumerate(recognised):
        batches += _batches(one, call, sha256=sha256)
        tell.done(_CELLS + (1 - _CELLS) * (number + 1) / len(recognised))
    return _with_passed_over(batches, passed_over)


class _Percent:
    """Tells the share of the work that is done, in hundredths."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self.done(0.0)

    def done(self, share: float) -> None:
        """Tell that this share is done."""
        if self._progress is not None:
            self._progress(round(100 * share), 100)


def _said(unit: str | None, aliases: Path | None, grade: Grade) -> dict[str, str]:
    """Return what makes another import of the same bytes, but for the key, which is settled later."""
    said = {}
    if unit:
        said["unit"] = unit.strip()
    if aliases is not None:
        said["aliases"] = hashlib.sha256(aliases.read_bytes()).hexdigest()[:12]
    if grade is not Grade.OFFICIAL:
        said["grade"] = grade.value
    return said


def _bytes(path: Path) -> bytes:
    if path.is_dir():
        raise UsageError(f"{path} is a folder, not a file. Name the files in it.")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}. Check the name and the folder.") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from None


@dataclass(frozen=True)
class _Recognised:
    """A sheet with its header; ``day`` is what all its rows are of, where they do not say it."""

    sheet: Sheet
    header: Header
    day: date | None = None
    unread: tuple[str, ...] = ()  # labels of a sheet on its side, or headers of a matrix, that nobody knows
    is_turned: bool = False  # its days ran across
    unfolded_by: str | None = None  # what each of its columns was of


def _batches(one: _Recognised, call: Call, *, sha256: str) -> list[Batch]:
    named = MARKET if market_named(one.sheet, one.header, call.aliases) else None
    key_hint = call.identity.key or named
    plans = make_plans(one.sheet, one.header, aliases=call.aliases, stated=call.units, key_hint=key_hint)
    batches = []
    for plan in plans:
        found = Inspection(one.sheet, one.header, plan)
        if one.day is not None:
            found.settled["day"] = one.day.isoformat()
            found.notice(f"文件各行没有日期，均作 {one.day}", f"the rows name no day; all are taken as of {one.day}")
        _tell_shape(found, one)
        if one.unread:
            labels = ", ".join(one.unread)
            found.notice(f"未识别、未入库的项目：{labels}", f"labels that are not known and not kept: {labels}")
        batches.append(make_batch(found, call, sha256=sha256))
    return batches


def _tell_shape(found: Inspection, one: _Recognised) -> None:
    """Tell how the rows are counted where they are not those of the file."""
    if one.is_turned:
        found.notice("日期横排，已转为竖排；行号按转后计", "its days run across; rows are counted along them")
    if one.unfolded_by is not None:
        found.notice(
            "矩阵已按代码展开；行号按展开后计",
            f"a matrix with a column for each {one.unfolded_by}, unfolded; rows are counted after that",
        )


def _recognised(sheets: list[Sheet], call: Call) -> tuple[list[_Recognised], list[str]]:
    """Return the sheets with their headers, and the names of those that have none as long as another has one."""
    found: list[_Recognised] = []
    refused: dict[str, DataError] = {}
    for sheet in sheets:
        try:
            found.append(_of_table(sheet, call.aliases))
        except DataError as error:
            of_a_day = _of_a_day(sheet, call)
            if of_a_day is None:
                refused[sheet.name or sheet.file] = error
            else:
                found.append(of_a_day)
    if not found:
        raise next(iter(refused.values()))
    return found, list(refused)


def _of_table(sheet: Sheet, aliases: Aliases) -> _Recognised:
    """Return a sheet whose rows say their days, or that can be made such a table."""
    sheet = joined_header(sheet, aliases) or sheet
    try:
        header = find_header(sheet, aliases)
    except DataError:
        standing = turned(sheet, aliases)
        if standing is not None:
            return replace(_of_table(standing, aliases), is_turned=True)
        wide = unfolded(sheet, aliases)
        if wide is None:
            raise
    else:
        wide = None if find_layouts(filter(None, header.texts)) else unfolded(sheet, aliases)
        if wide is None:
            return _Recognised(sheet, header)
    return _Recognised(wide.sheet, find_header(wide.sheet, aliases), unread=wide.unread, unfolded_by=wide.kind)


def _of_a_day(sheet: Sheet, call: Call) -> _Recognised | None:
    """Return a sheet whose rows do not say their day, with the day that something else says."""
    if undated := find_undated(sheet):
        header, layout = undated
        above = [cell for place in range(header.first_row - 1) for cell in sheet.line(place)]
        day = day_of(sheet, call.identity.day, above=above)
        return _Recognised(*dated(sheet, header, day, named=layout.date_header), day)
    if dateless := find_dateless(sheet, call.aliases):
        above = [cell for place in range(dateless.first_row) for cell in sheet.line(place)]
        day = day_of(sheet, call.identity.day, above=above)
        return _Recognised(*dated(sheet, dateless, day, named="日期"), day)
    if standing := upright(sheet, call.aliases):
        above = [cell for place in range(min(_TITLES, sheet.cells.height)) for cell in sheet.line(place)]
        day = day_of(sheet, call.identity.day, above=above)
        header = Header(1, standing.sheet.named or (), 0)
        return _Recognised(*dated(standing.sheet, header, day, named="日期"), day, standing.unread)
    return None


def _with_passed_over(batches: list[Batch], names: list[str]) -> list[Batch]:
    if not names:
        return batches
    listed = ", ".join(names)
    text = Text(f"没有表头的工作表未读：{listed}", f"sheets without a header that is known were passed over: {listed}")
    notices = (*batches[0].notices, Notice(text, len(names)))
    return [replace(batches[0], notices=notices), *batches[1:]]
