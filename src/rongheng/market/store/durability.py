"""Making sure that what was written is on the disk: Delta never asks for it, so a power failure could take it back.

A file is safe when its bytes and the entry in its folder are. What was written by others in the same folders is left
alone: only files that appeared since ``Watch`` began are forced out.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


class Watch:
    """The files of some folders at one moment, so that the ones that appear later can be forced to the disk."""

    def __init__(self, *folders: Path) -> None:
        self._folders = folders
        self._known = set(_files(folders))

    def new_files(self) -> list[Path]:
        """Return the files that appeared since the watch began."""
        return [path for path in _files(self._folders) if path not in self._known]

    def force_out(self, *, up_to: Path) -> None:
        """Force the new files to the disk, then the entries of every folder from theirs up to ``up_to``."""
        for path in self.new_files():
            force_out(path)
        folders = {folder for folder in self._folders if folder.is_dir()}
        above = {parent for folder in folders for parent in folder.parents if parent.is_relative_to(up_to)}
        for folder in sorted(folders | above, key=lambda folder: -len(folder.parts)):
            force_out(folder)


def force_out(path: Path) -> None:
    """Wait until the file's bytes, or the folder's entries, are on the disk."""
    if os.name == "nt" and path.is_dir():
        return  # Windows keeps folders' entries by its own journal and cannot open a folder
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _files(folders: Iterable[Path]) -> list[Path]:
    return [path for folder in folders if folder.is_dir() for path in folder.iterdir() if path.is_file()]
