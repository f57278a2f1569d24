"""What the disk, SQLite, Polars and Delta throw, said as one ``LakeError`` with what to do.

What lives here: telling a full disk from a read-only folder from anything else. What does not: errors that we find
ourselves (a lake of a newer schema, a damaged table); they are raised where they are found.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deltalake.exceptions import DeltaError
from polars.exceptions import PolarsError

from rongheng.basics.errors import LakeError

_FULL = {errno.ENOSPC, errno.EDQUOT, 112}  # 112 is what Windows says
_LOCKED_OUT = {errno.EROFS, errno.EACCES, errno.EPERM}
_TINY_BYTES = 1 << 20  # with less room than this, an unexplained error of the disk is a full disk


@contextmanager
def spoken(doing: str, root: Path, *, harm: str) -> Iterator[None]:
    """Turn whatever the libraries throw inside into a ``LakeError``.

    Parameters
    ----------
    doing : str
        What was being done, as the subject of a sentence: "Reading account_daily".
    harm : str
        What the failure did and did not do to the lake, as a sentence.

    Notes
    -----
    A panic of a Rust library is a ``BaseException`` that no ``except Exception`` sees, and each library has a class of
    its own for it; it is known by name here. An interrupt from the keyboard passes.
    """
    try:
        yield
    except (OSError, sqlite3.Error, DeltaError, PolarsError) as problem:
        raise _lake_error(problem, doing, root, harm) from problem
    except BaseException as problem:
        if type(problem).__name__ != "PanicException":
            raise
        raise _lake_error(problem, doing, root, harm) from problem


@contextmanager
def hushed() -> Iterator[None]:
    """Keep what a Rust library prints of its own panic off stderr: what happened is said once, by our error.

    The panic of a worker thread is printed by that thread, past Python; so the file descriptor itself is turned away
    for as long as the library writes. Nothing else speaks meanwhile but a progress bar, which loses a frame.
    """
    try:
        kept = os.dup(2)
    except OSError:  # no stderr at all
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _lake_error(problem: BaseException, doing: str, root: Path, harm: str) -> LakeError:
    found = " ".join(str(problem).split())[:300]
    if _is_busy(problem):
        return LakeError(
            f"{doing} waited in vain: another import is writing to the lake {root}. Try again when it ends."
        )
    if _is_full(problem, root):
        return LakeError(f"{doing} found the disk of {root} full ({found}). {harm} Free some space and try again.")
    if _is_locked_out(problem, root):
        return LakeError(
            f"{doing} may not write to {root} ({found}). {harm} "
            "Make the folder writable, or give another one with --lake."
        )
    if _sqlite_code(problem) in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return LakeError(
            f"{doing} found catalogue.sqlite of {root} damaged ({found}). {harm} "
            "Put it back from a backup, or import the files again into a new lake."
        )
    return LakeError(f"{doing} failed: {type(problem).__name__}: {found}. {harm}")


def _code(problem: BaseException) -> int | None:
    """Return the number that the operating system gave; the Delta library has it only in its words."""
    if isinstance(problem, OSError) and problem.errno is not None:
        return problem.errno
    told = re.search(r"\(os error (\d+)\)", str(problem))
    return int(told[1]) if told else None


def _sqlite_code(problem: BaseException) -> int:
    """Return what SQLite reports, without the details in its upper bits; 0 where it reports nothing."""
    return int(getattr(problem, "sqlite_errorcode", 0)) & 0xFF


def _is_busy(problem: BaseException) -> bool:
    return _sqlite_code(problem) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _is_full(problem: BaseException, root: Path) -> bool:
    if isinstance(problem, sqlite3.Error):
        # SQLite says only "disk I/O error" where it could not lengthen its shared memory.
        primary = _sqlite_code(problem)
        stuck = primary in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
        return primary == sqlite3.SQLITE_FULL or (stuck and _free_bytes(root) < _TINY_BYTES)
    return _code(problem) in _FULL


def _is_locked_out(problem: BaseException, root: Path) -> bool:
    if isinstance(problem, sqlite3.Error):
        primary = _sqlite_code(problem)
        barred = primary in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR) and not os.access(root, os.W_OK)
        return primary in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM) or barred
    return _code(problem) in _LOCKED_OUT


def _free_bytes(root: Path) -> int:
    while not root.exists():
        root = root.parent
    return shutil.disk_usage(root).free
