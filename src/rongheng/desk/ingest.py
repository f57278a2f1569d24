"""Files into the lake: each is read, checked and landed as one import; one that fails leaves the others done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rongheng.basics.batch import Batch, Landed
from rongheng.basics.errors import RonghengError, UsageError
from rongheng.basics.grades import Grade
from rongheng.market.sources import read_file
from rongheng.market.store import Lake

Progress = Callable[[str, int, int], None]  # what is being done, done, of how much


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of one file: its batches and where each landed, or the error that stopped it."""

    file: Path
    batches: tuple[Batch, ...] = ()
    landed: tuple[Landed, ...] = ()
    error: RonghengError | None = None


@dataclass(frozen=True, slots=True)
class Hints:
    """What the caller says beside the files, for files that do not say it themselves."""

    unit: str | None = None
    index: str | None = None
    market: str | None = None
    day: date | None = None
    aliases: Path | None = None
    grade: Grade = Grade.OFFICIAL


def ingest(
    lake: Lake, paths: Sequence[str | Path], *, hints: Hints | None = None, progress: Progress | None = None
) -> Iterator[Ingested]:
    """Import the files one by one and yield what became of each; the next file follows whatever the last one gave.

    Parameters
    ----------
    lake : Lake
    paths : files, or folders of which every file is taken (not their sub-folders)
    hints : Hints, optional
        A unit, an index, a market, a day, more aliases, a grade: used where the files are silent.
    progress : callable, optional
        Called with a phrase, the work done and the whole.
    """
    for path in _files(paths):
        yield _one(lake, path, hints or Hints(), progress)


def _files(paths: Sequence[str | Path]) -> list[Path]:
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(entry for entry in path.iterdir() if entry.is_file() and not entry.name.startswith("."))
            if not inside:
                raise UsageError(f"The folder {path} has no files to import.")
            found += inside
        else:
            found.append(path)
    return found


def _one(lake: Lake, path: Path, hints: Hints, progress: Progress | None) -> Ingested:
    def reading(done: int, whole: int) -> None:
        if progress is not None:
            progress(f"read {path.name}", done, whole)

    try:
        batches = read_file(
            path,
            unit=hints.unit,
            index=hints.index,
            market=hints.market,
            day=hints.day,
            aliases=hints.aliases,
            grade=hints.grade,
            progress=reading,
        )
        landed = lake.land(batches, progress=progress)
    except RonghengError as error:
        return Ingested(path, error=error)
    return Ingested(path, tuple(batches), tuple(landed))
