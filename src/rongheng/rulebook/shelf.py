"""A shelf of files: a mapping from name to what its file says, where each file is read when it is first asked for.

What lives here: that laziness, which lets one rule be shown without reading two hundred. What does not: what the files
mean.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, Generic, TypeVar

from rongheng.basics.errors import RuleError
from rongheng.rulebook.reader import Item, read_yaml

T = TypeVar("T")

SHIPPED: Final = Path(__file__).parent
_SUFFIX: Final = ".yaml"


class Shelf(Mapping[str, T], Generic[T]):
    """Files by name; ``read(root, name)`` understands one of them.

    A malformed file is a ``RuleError`` with ``file:line`` when it is first asked for.
    """

    def __init__(self, files: Mapping[str, str], read: Callable[[Item, str], T]) -> None:
        self._files = files
        self._read = read
        self._known: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        if name not in self._known:
            path = self._files[name]
            self._known[name] = self._read(read_yaml(Path(path), name=place_of(path)), name)
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._files

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def read_below(self, folder: Path) -> dict[str, T]:
        """Read every file that lies below a folder, and return what they say by name."""
        return {name: self[name] for name, path in self._files.items() if path.startswith(f"{folder}{os.sep}")}


def place_of(path: Path | str) -> str:
    """Return how messages call a file: short where it ships with the package, in full elsewhere."""
    return str(path).removeprefix(f"{SHIPPED}{os.sep}")


def gather(*folders: Path) -> dict[str, str]:
    """Return the path of every YAML file below the folders by name; a name that stands twice is refused.

    ``exchange/financing/margin_ratio.yaml`` is called ``exchange.financing.margin_ratio``.
    """
    files: dict[str, str] = {}
    for folder in folders:
        for name, path in _walk(str(folder), ""):
            if name in files:
                raise RuleError(f"{path}:1: {name!r} stands in {files[name]} already. Rename this file.")
            files[name] = path
    return files


def _walk(folder: str, prefix: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, f"{prefix}{entry.name}.")
        elif entry.name.endswith(_SUFFIX):
            yield prefix + entry.name.removesuffix(_SUFFIX), entry.path
