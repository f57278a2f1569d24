"""The dossier of a close, read again: where its marks are, and the figures of its day.

What lives here: what others ask of a finished close. What does not: how it is made (``steps.py``).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

MANIFEST: Final = "dossier.json"
MARKS: Final = "marks"
FINDINGS: Final = "findings"
FIGURES: Final = "figures.json"


def marks_in(folder: Path) -> Path:
    """Return the folder of marks of a dossier; a folder that is no dossier is one of marks itself."""
    return folder / MARKS if (folder / MANIFEST).exists() else folder


def figures_in(folder: Path) -> list[dict[str, Any]]:
    """Return the figures of the day of a dossier; none where the folder holds marks alone."""
    path = folder / FINDINGS / FIGURES
    if not path.exists():
        return []
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return rows
