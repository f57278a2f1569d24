"""The shapes of publishers' answers, remembered from day to day: a change is told before a figure is lost over it.

One question a source is asked; nothing lands. What a shape is, is in ``market.sources.web.shape``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from rongheng.basics.errors import DataError, SourceDownError, SourceRefusedError
from rongheng.basics.text import Text
from rongheng.desk.missing import Wish, span
from rongheng.desk.trouble import Trouble
from rongheng.market.sources import web
from rongheng.market.sources.web.shape import hash_of, shape_of

_FILE = "shapes.jsonl"


@dataclass(frozen=True)
class Seen:
    """What one source answered like: its hash, and what was there and is not, or is there and was not."""

    dataset: str
    source: str
    part: str
    hash: str | None  # None when there was no answer
    gone: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    first_time: bool = False
    trouble: Trouble | None = None

    @property
    def changed(self) -> bool:
        """Say whether the shape is another one than the last time, or is none that can be read."""
        return bool(self.gone or self.new) or (self.trouble is not None and self.trouble.kind.en == "changed layout")

    @property
    def state(self) -> Text:
        """How it stands, in a word."""
        if self.trouble is not None:
            return self.trouble.kind
        if self.first_time:
            return Text("首次记录", "first seen")
        return Text("已变更", "changed") if self.changed else Text("未变", "unchanged")


@dataclass
class Shapes:
    """The file of shapes beside the kept answers; a line for each time that one was another than before."""

    folder: Path
    last: dict[tuple[str, str], tuple[str, ...]] = field(init=False)

    def __post_init__(self) -> None:
        self.last = {}
        path = self.folder / _FILE
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            entry = json.loads(line)
            self.last[entry["source"], entry["part"]] = tuple(entry["shape"])

    def remember(self, source: str, part: str, shape: tuple[str, ...], *, at: datetime) -> None:
        """Write a shape down, once it is another one."""
        if self.last.get((source, part)) == shape:
            return
        self.last[source, part] = shape
        self.folder.mkdir(parents=True, exist_ok=True)
        entry = {"at": at.isoformat(), "source": source, "part": part, "hash": hash_of(shape), "shape": shape}
        with (self.folder / _FILE).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")


def compare_shapes(*, client: web.Fetcher, folder: Path, now: datetime, wish: Wish | None = None) -> Iterator[Seen]:
    """Ask every source about the last session that is due, and yield whether its answer has the shape it had.

    Parameters
    ----------
    client : who asks the publishers
    folder : where shapes are remembered: that of the kept answers
    now : datetime with a time zone
    wish : which datasets; by default all
    """
    shapes = Shapes(folder)
    left_alone: set[str] = set()
    for dataset in (wish or Wish()).datasets():
        asked: set[str] = set()
        for feed in (*dataset.first, *dataset.others):
            described = feed.source.describe()
            if described.id in asked:  # one index stands for all that a publisher is asked for one by one
                continue
            asked.add(described.id)
            sessions = span(feed.source, Wish(), now=now)
            due = [day for day in sessions if dataset.table.publication.known_at(day) <= now]
            (ask,) = feed.source.locate((due or sessions)[-1:])
            if ask.request.party not in left_alone:
                yield _seen(dataset, feed.source, ask, client, shapes, left_alone, now)


def _seen(
    dataset: web.Dataset,
    source: web.Source,
    ask: web.Ask,
    client: web.Fetcher,
    shapes: Shapes,
    left_alone: set[str],
    now: datetime,
) -> Seen:
    try:
        answers = source.fetch(ask, client)
        source.check(ask, answers)
    except DataError as error:
        if isinstance(error, SourceDownError | SourceRefusedError):
            left_alone.add(ask.request.party)
        return Seen(dataset.name, ask.source, ask.part, None, trouble=Trouble(ask.source, ask.days, error))
    shape = shape_of(answers)
    before = shapes.last.get((ask.source, ask.part))
    shapes.remember(ask.source, ask.part, shape, at=now)
    return Seen(
        dataset=dataset.name,
        source=ask.source,
        part=ask.part,
        hash=hash_of(shape),
        gone=tuple(line for line in before or () if line not in shape),
        new=tuple(line for line in shape if before is not None and line not in before),
        first_time=before is None,
    )
