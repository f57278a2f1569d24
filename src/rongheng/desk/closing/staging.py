"""A dossier in the making: steps that are done or not, and at the end one folder that nobody writes to any more.

What lives here: making a step whole or not at all, going on after a stop, the manifest. What does not: what the steps
do (``steps.py``). The folder in the making stands beside the dossier under a name with a dot, so that the dossier's own
name appears once everything is in it.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from rongheng.basics.digests import sha256_of, sha256_of_each
from rongheng.basics.errors import BookError, UsageError
from rongheng.desk.closing.dossier import MANIFEST

_REQUEST: Final = "request.json"
_LOCK: Final = "lock"


class Staging:
    """The folder of a dossier in the making."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.folder = out.parent / f".{out.name}.closing"

    def begin(self, made_from: Mapping[str, Any]) -> None:
        """Make the folder, or go on with one that was begun for the same request.

        Raises
        ------
        UsageError
            It was begun for another request.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        begun = self.folder / _REQUEST
        if begun.exists():
            require_same(made_from, read_json(begun), where=self.folder, remedy=f"Remove {self.folder} to begin anew.")
            return
        write_json(begun, made_from)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep another close of the same dossier out, for as long as this process lives."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / _LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise UsageError(f"{self.out} is being closed by another process. Wait until it has ended.") from None
            yield

    def place(self, step: str) -> Path:
        """Return where a step's folder stands."""
        return self.folder / step

    def is_done(self, step: str) -> bool:
        """Say whether a step is whole."""
        return self.place(step).is_dir()

    def do(self, step: str, work: Callable[[Path], None]) -> None:
        """Do a step into a folder beside its own, which takes its name once all of it is on disk."""
        beside = self.folder / f".{step}"
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir()
        work(beside)
        for file in beside.rglob("*"):
            if file.is_file():
                _sync(file)
        _sync(beside)
        beside.rename(self.place(step))
        _sync(self.folder)

    def discard(self, *steps: str) -> None:
        """Forget steps, the last one first, so that none stands on one that is gone."""
        for step in reversed(steps):
            shutil.rmtree(self.place(step), ignore_errors=True)

    def finish(self, made_from: Mapping[str, Any], more: Mapping[str, Any]) -> None:
        """Write the manifest, with the digest of every file, and give the dossier its name."""
        for left in self.folder.glob(".*"):
            shutil.rmtree(left)
        files = [file for file in sorted(self.folder.rglob("*")) if file.is_file() and file.name != _LOCK]
        told = [file for file in files if file.name != MANIFEST]
        names = [file.relative_to(self.folder).as_posix() for file in told]
        named = dict(zip(names, sha256_of_each(told), strict=True))
        write_json(self.folder / MANIFEST, {"made_from": made_from, **more, "files_sha256": named})
        (self.folder / _LOCK).unlink()
        for file in (*files, self.folder / MANIFEST):
            file.chmod(0o444)
        self.folder.rename(self.out)
        _sync(self.out.parent)


def require_same(asked: Mapping[str, Any], found: Mapping[str, Any], *, where: Path, remedy: str) -> None:
    """Refuse a request that is not the one for which a folder was made; every difference is named."""
    asked = json.loads(json.dumps(asked))
    other = sorted(name for name in asked.keys() | found.keys() if asked.get(name) != found.get(name))
    if other:
        raise UsageError(f"{where} was made from something else: {', '.join(other)}. {remedy}")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a dossier.

    Raises
    ------
    UsageError
        The folder is no dossier of a close.
    """
    if not (folder / MANIFEST).exists():
        raise UsageError(f"{folder} is no dossier: {MANIFEST} is not there. Give the --out folder of rongheng close.")
    return read_json(folder / MANIFEST)


def verify(folder: Path) -> None:
    """Raise ``BookError`` where a file of a dossier is not what its manifest says."""
    for name, digest in read_manifest(folder)["files_sha256"].items():
        file = folder / name
        if not file.exists() or sha256_of(file) != digest:
            raise BookError(f"{file} is not what the close left: the dossier was changed. Make it again elsewhere.")


def write_json(path: Path, content: object) -> None:
    """Write a file of JSON, whole or not at all."""
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(json.dumps(content, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8")
    beside.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """Return what a file of JSON says."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BookError(f"{path} cannot be read: {error}. Make the dossier again elsewhere.") from error
    return found


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
