"""A shelf of files: a mapping from name to what its file says, where each file is read when it is first asked for.

What lives here: that laziness, which lets one rule be shown without reading two hundred. What does not: what the files
mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from rongheng.basics.errors import RuleError
from rongheng.rulebook.reader import Item, read_yaml

T = TypeVar("T")


class Shelf(Mapping[str, T], Generic[T]):
    """Files by name; ``read(root, name)`` understands one of them.

    A malformed file is a ``RuleError`` with ``file:line`` when it is first asked for.
    """

    def __init__(self, files: Mapping[str, Path], read: Callable[[Item, str], T], *, home: Path) -> None:
        self._files = files
        self._read = read
        self._home = home
        self._known: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        if name not in self._known:
            path = self._files[name]
            self._known[name] = self._read(read_yaml(path, name=place_of(path, home=self._home)), name)
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._files

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def below(self, folder: Path) -> list[str]:
        """Return the names whose files lie below a folder."""
        return [name for name, path in self._files.items() if path.is_relative_to(folder)]


def place_of(path: Path, *, home: Path) -> str:
    """Return how messages call a file: short below ``home``, in full elsewhere."""
    return str(path.relative_to(home)) if path.is_relative_to(home) else str(path)


def gather(folders: list[tuple[Path, str]], *, name_of: Callable[[Path, Path], str | None]) -> dict[str, Path]:
    """Return the files of several folders by name; a name that stands twice is refused.

    Parameters
    ----------
    folders : pairs of a folder and the pattern of its files
    name_of : the name of a file in its folder, or ``None`` for a file that does not belong
    """
    files: dict[str, Path] = {}
    for folder, pattern in folders:
        for path in sorted(folder.glob(pattern)):
            name = name_of(path, folder)
            if name is None:
                continue
            if name in files:
                raise RuleError(f"{path}:1: {name!r} stands in {files[name]} already. Rename this file.")
            files[name] = path
    return files
