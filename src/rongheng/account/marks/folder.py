"""The folder that a mark leaves: marks, problems, summary, and what they were made from.

What lives here: writing it whole and reading it again. What does not: marking (``mark.py``), the book's and the day's
own folders. ``marks.json`` is written last and says what the marks rest on, with the sha256 of every file, so that a
later reader can tell whether the book or the day has changed since.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from rongheng.account.marks.limits import broker_limits
from rongheng.account.marks.marks import Marks
from rongheng.account.marks.summary import Summary, Tally
from rongheng.basics.digests import fingerprint
from rongheng.basics.errors import BookError, UsageError
from rongheng.basics.grades import Grade
from rongheng.basics.parts import write_parts
from rongheng.rulebook import Rulebook

FORMAT = 2
_ABOUT, _MARKS, _PROBLEMS, _SUMMARY = "marks.json", "marks.parquet", "problems.parquet", "summary.json"


@dataclass(frozen=True)
class Source:
    """A file or a folder that marks were made from, and what its files held then."""

    path: str  # in the folder of marks itself it may be written from there, as ../book
    sha256: str

    @classmethod
    def of(cls, path: Path) -> Source:
        """Return the source as it stands on disk now."""
        return cls(str(path.resolve()), fingerprint(path))

    def require_unchanged(self, what: str) -> Path:
        """Return its path; refuse where it is gone or holds something else now."""
        path = Path(self.path)
        if not path.exists():
            raise UsageError(f"The {what} that was marked stood at {path}, which is not there. Mark the book again.")
        if fingerprint(path) != self.sha256:
            raise BookError(f"The {what} {path} has changed since it was marked. Mark the book again.")
        return path


@dataclass(frozen=True)
class Origin:
    """What marks were made from."""

    book: Source
    day: Source
    policy: str | None = None  # the one that took the place of every account's own
    rules: tuple[str, ...] = ()  # folders of one's own rules
    lines_of: Source | None = None  # the marks of the close that fixed the lines


def write_marks(
    marks: Marks,
    folder: Path,
    *,
    origin: Origin,
    net_capital_milli: int | None = None,
    rulebook: Rulebook | None = None,
) -> Summary:
    """Write the folder of a mark and return the summary; whoever reads it meanwhile finds no ``marks.json``.

    Parameters
    ----------
    net_capital_milli : the broker's, to measure its own limits by; they are left out where it is not given
    rulebook : where those limits are looked up; the shipped one unless given
    """
    _make_room(folder)
    tally = Tally()
    write_parts(_told(marks, tally), folder / _MARKS)
    marks.problems.write_parquet(folder / _PROBLEMS)
    summary = tally.summary(marks)
    if net_capital_milli is not None:
        limits = broker_limits(
            pl.scan_parquet(folder / _MARKS),
            tally.holdings(marks),
            session=marks.day.session,
            net_capital_milli=net_capital_milli,
            rulebook=rulebook or Rulebook.load(),
        )
        summary = replace(summary, limits=tuple(limits))
    _write_json(folder / _SUMMARY, asdict(summary))
    about = {"format": FORMAT, "session": marks.day.session, "grade": marks.grade, "origin": asdict(origin)}
    _write_json(folder / _ABOUT, about)
    return summary


def read_summary(folder: Path) -> Summary:
    """Return the summary of a folder that ``write_marks`` made."""
    read_origin(folder)
    found = _read_json(folder / _SUMMARY)
    try:
        known = {field.name: found[field.name] for field in fields(Summary)}
    except KeyError as missing:
        raise BookError(f"{folder / _SUMMARY} has no {missing}. Mark the book again.") from missing
    rows = {name: tuple(value) for name, value in known.items() if isinstance(value, list)}
    stated = {"session": date.fromisoformat(known["session"]), "grade": Grade(known["grade"])}
    return Summary(**(known | rows | stated))


def read_origin(folder: Path) -> tuple[date, Origin]:
    """Return the session of a folder of marks, and what they were made from."""
    if not (folder / _ABOUT).exists():
        raise UsageError(f"{folder} holds no marks: {_ABOUT} is not there. Give the --out folder of rongheng mark.")
    about = _read_json(folder / _ABOUT)
    if about.get("format") != FORMAT:
        raise UsageError(
            f"{folder} has format {about.get('format')}; this version reads {FORMAT}. Mark the book again."
        )
    origin = about["origin"]
    names = ("book", "day", "lines_of")
    made_from = {name: _found(origin[name], folder) if origin[name] else None for name in names}
    return date.fromisoformat(about["session"]), Origin(**(origin | made_from | {"rules": tuple(origin["rules"])}))


def _found(source: Mapping[str, str], folder: Path) -> Source:
    return Source(str((folder / source["path"]).resolve()), source["sha256"])


def scan_marks(folder: Path) -> pl.LazyFrame:
    """Return the marks of a folder, read where they are asked for."""
    read_origin(folder)
    return pl.scan_parquet(folder / _MARKS)


def read_mark(folder: Path, account_id: str) -> dict[str, Any]:
    """Return the marks of one account.

    Raises
    ------
    BookError
        The account could not be marked; the message says why.
    UsageError
        The book had no such account.
    """
    found = scan_marks(folder).filter(pl.col("account_id") == account_id).collect()
    if found.height:
        return found.row(0, named=True)
    why = pl.read_parquet(folder / _PROBLEMS).filter(pl.col("account_id") == account_id)
    if not why.height:
        raise UsageError(f"{folder} has no account {account_id!r}. Check the id.")
    first = why.row(0, named=True)
    row = f" row {first['row']}" if first["row"] else ""
    raise BookError(
        f"Account {account_id} was not marked: {first['table']}{row}, {first['column']} is {first['found']}; "
        f"{first['reason']}."
    )


def _told(marks: Marks, tally: Tally) -> Iterator[pl.DataFrame]:
    """Yield the marks in parts, each counted on its way."""
    for span in marks.spans():
        frame = span.frame()
        tally.add(span, frame)
        yield frame


def _make_room(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _ABOUT).unlink(missing_ok=True)
    except OSError as refused:
        raise UsageError(
            f"The folder {folder} cannot be written to ({refused.strerror}). Name another with --out."
        ) from refused


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=1, default=str)
    path.write_text(text + "\n", encoding="utf-8")


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BookError(f"{path} cannot be read: {error}. Mark the book again.") from error
    return found
