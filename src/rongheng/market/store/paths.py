"""Where a lake keeps what: the names inside its folder, and which folders cannot be one.

No file is read or written here.
"""

from __future__ import annotations

import os
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from rongheng.basics.errors import UsageError

CATALOGUE = "catalogue.sqlite"
QUARANTINE = "quarantine"  # beside the canonical tables, none of which has this name

# What the Delta library takes for something else than a letter of a name: it reads %20 as a space and so opens another
# folder, panics on brackets, a bar and a caret, and turns a backslash into a slash.
_REFUSED = "%[]|^\\" if os.sep == "/" else "%[]|^"
_CONTROL = {"Cc", "Cs"}  # control characters, and bytes that are no text


@dataclass(frozen=True, slots=True)
class Places:
    """The folder of a lake, absolute and free of links, and the places inside it."""

    root: Path

    @classmethod
    def of(cls, root: str | Path) -> Places:
        """Return the places of the lake in that folder; ``UsageError`` for a path that Delta cannot keep."""
        resolved = Path(root).expanduser().resolve()
        found = sorted({letter for letter in str(resolved) if _is_refused(letter)})
        if found:
            raise UsageError(
                f"The path {str(resolved)!r} has {' '.join(map(repr, found))}, which Delta Lake cannot keep in a "
                "folder's name. Give the lake a folder without these (Chinese, spaces, # and ? are fine)."
            )
        return cls(resolved)

    @property
    def catalogue(self) -> Path:
        """The catalogue, a SQLite file."""
        return self.root / CATALOGUE

    @property
    def tables(self) -> Path:
        """The folder of the Delta tables."""
        return self.root / "tables"

    def delta(self, name: str) -> Path:
        """Return the folder of one Delta table: a canonical one, or the quarantine."""
        return self.tables / name


def _is_refused(letter: str) -> bool:
    return letter in _REFUSED or unicodedata.category(letter) in _CONTROL
