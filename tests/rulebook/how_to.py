"""The folder of one's own rules that the how-to shows, laid out as its reader would."""

from __future__ import annotations

import re
from pathlib import Path

HOW_TO = Path(__file__).parents[2] / "docs" / "howto" / "add-a-rule-or-a-broker.md"


def files_of(how_to: Path) -> dict[str, str]:
    """Return the YAML blocks of a how-to by the file name in their first line."""
    blocks = re.findall(r"```yaml\n# (\S+)\n(.*?)```", how_to.read_text(encoding="utf-8"), flags=re.S)
    return dict(blocks)


def lay_out(folder: Path) -> Path:
    """Write the files of the how-to into a folder, and return it."""
    for name, text in files_of(HOW_TO).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder
