"""Every answer as it came, kept by its hash, so that parsing can be repeated without asking again.

Bodies are gzip files named by the SHA-256 of what they hold; ``manifest.jsonl`` has a line for every question that was
answered, with its pages and what became of it. Nothing here is ever changed or removed.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from rongheng.basics.errors import DataError
from rongheng.basics.text import Text
from rongheng.market.sources.web.source import Answer, Ask

GOOD = "good"  # the outcome of a question whose answer was understood
COMPARED = "compared"  # of one whose answer was held against what the lake has, and does not land


@dataclass(frozen=True, slots=True)
class Kept:
    """One line of the manifest: what was asked, what came, what became of it (``GOOD``, ``COMPARED`` or an error)."""

    source: str
    part: str
    first: date
    last: date
    fetched_at: datetime
    pages: tuple[tuple[str, str], ...]  # url, sha256
    outcome: str
    said: str = ""
    apart: tuple[Text, ...] = ()  # figures that the lake has from another publisher and that are not the same


class RawStore:
    """The folder of answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._manifest = folder / "manifest.jsonl"

    def keep(self, answer: Answer) -> None:
        """Keep the bytes; what is kept already is left as it is."""
        path = self._path(answer.sha256)
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{uuid4().hex}")
        part.write_bytes(gzip.compress(answer.body, mtime=0))
        os.replace(part, path)  # whole or not at all

    def body(self, digest: str) -> bytes:
        """Return the bytes of that hash.

        Raises
        ------
        DataError
            They are not there, or are no longer what they were.
        """
        path = self._path(digest)
        try:
            body = gzip.decompress(path.read_bytes())
        except (OSError, EOFError, gzip.BadGzipFile) as error:
            raise DataError(f"The kept answer {path} cannot be read: {error}. Ask the publisher again.") from None
        if sha256(body).hexdigest() != digest:
            raise DataError(f"The kept answer {path} was changed: its hash is another. Ask the publisher again.")
        return body

    def note(
        self,
        ask: Ask,
        answers: Sequence[Answer],
        *,
        at: datetime,
        outcome: str,
        said: str = "",
        apart: Sequence[Text] = (),
    ) -> None:
        """Write down what became of a question."""
        line = {
            "source": ask.source,
            "part": ask.part,
            "first": ask.first.isoformat(),
            "last": ask.last.isoformat(),
            "fetched_at": at.isoformat(),
            "pages": [[answer.url, answer.sha256] for answer in answers],
            "outcome": outcome,
            "said": said,
            "apart": [[text.zh, text.en] for text in apart],
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._manifest.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def kept(self, source: str | None = None, *, outcome: str | None = None) -> Iterator[Kept]:
        """Yield the questions that were answered, oldest first; a line that a crash cut short is passed over."""
        if not self._manifest.exists():
            return
        wanted = {"source": source, "outcome": outcome}
        words = [f'"{name}": "{value}"' for name, value in wanted.items() if value is not None]
        for line in self._manifest.read_text(encoding="utf-8").splitlines():
            if not all(word in line for word in words):  # which is sooner seen than the line is read
                continue
            try:
                entry = json.loads(line)
            except json.JSONDecodeError:
                continue
            if all(value in (None, entry[name]) for name, value in wanted.items()):
                yield Kept(
                    source=entry["source"],
                    part=entry["part"],
                    first=date.fromisoformat(entry["first"]),
                    last=date.fromisoformat(entry["last"]),
                    fetched_at=datetime.fromisoformat(entry["fetched_at"]),
                    pages=tuple((url, digest) for url, digest in entry["pages"]),
                    outcome=entry["outcome"],
                    said=entry["said"],
                    apart=tuple(Text(zh, en) for zh, en in entry.get("apart", [])),
                )

    def answers(self, kept: Kept) -> list[Answer]:
        """Return the answers of a question as they came."""
        return [Answer(url, self.body(digest), kept.fetched_at) for url, digest in kept.pages]

    def _path(self, digest: str) -> Path:
        return self.folder / digest[:2] / f"{digest}.gz"
