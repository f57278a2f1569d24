"""Text in a terminal, where a character of Chinese takes two places: how wide it is, cut, and folded into lines.

What lives here: single phrases. What does not: tables (``table.py``).
"""

from __future__ import annotations

import re
import sys
from functools import cache
from shutil import get_terminal_size
from unicodedata import east_asian_width

# Where a line may end: behind a word with its blanks, or behind a wide character with the marks that open and close it.
_PIECES = re.compile(r"[（《“]*[\u2e80-\uffee][，。；：、）》”！？]*|[^\s\u2e80-\uffee]+\s*|\s+")
_NARROWEST = 20
_HANG = 2  # how much further in a line stands that goes on


@cache
def width_of(text: str) -> int:
    """Return how many places a text takes.

    >>> width_of("80% 融资")
    8
    """
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def cut(text: str, width: int) -> str:
    """Return text cut to a width, with a mark where something is missing.

    >>> cut("融资保证金比例", 8), cut("margin", 8)
    ('融资保…', 'margin')
    """
    if width_of(text) <= width:
        return text
    kept, room = "", width - 1
    for character in text:
        room -= width_of(character)
        if room < 0:
            break
        kept += character
    return f"{kept.rstrip()}…"


def terminal_width() -> int | None:
    """Return how wide the terminal is; what is piped has no width."""
    return get_terminal_size().columns if sys.stdout.isatty() else None


def fold(text: str, *, indent: int = 0, width: int | None) -> list[str]:
    """Return a phrase as lines behind so many blanks; without a width it is one line.

    A word or an address that is wider than a line is not broken.

    >>> fold("开仓时确定，展期不变 (pinned)", indent=2, width=24)
    ['  开仓时确定，展期不变', '    (pinned)']
    """
    if width is None:
        return [" " * indent + text]
    lines, room = [" " * indent], max(width, indent + _NARROWEST)
    for piece in _PIECES.findall(text):
        if lines[-1].strip() and sum(map(width_of, (*lines[-1], *piece.rstrip()))) > room:
            lines.append(" " * (indent + _HANG))
        lines[-1] += piece
    return [line.rstrip() for line in lines]
