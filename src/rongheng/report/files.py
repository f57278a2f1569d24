"""Where a report is written: whether that is possible, and the writing itself, whole or not at all.

What lives here: checks of a path, and the one way in which a report reaches the disk. What does not: what is written.
"""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from rongheng.basics.errors import UsageError

SUFFIXES = (".html", ".xlsx")


def check_target(path: str | Path) -> Path:
    """Return the path when a report can be written there; else say what is in the way, before any work is done.

    Raises
    ------
    UsageError
        The suffix is neither ``.html`` nor ``.xlsx``, the folder is not there, or one may not write to it.
    """
    target = Path(path)
    if target.suffix.lower() not in SUFFIXES:
        found = f"ends in {target.suffix!r}" if target.suffix else "has no suffix"
        raise UsageError(f"The path {target} {found}; a note ends in .html, a workbook in .xlsx. Name it accordingly.")
    folder = target.parent
    if not folder.exists():
        raise UsageError(f"The folder {folder} of {target.name} is not there. Make it, or name a folder that is.")
    if not folder.is_dir():
        raise UsageError(f"{folder} is a file, so that {target.name} cannot be written into it. Name a folder.")
    if target.is_dir():
        raise UsageError(f"{target} is a folder; a report is one file. Name a file in it.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"The folder {folder} may not be written to. Change its permissions, or name another folder.")
    return target


def write_whole(target: Path, content: bytes) -> Path:
    """Write the file beside its place and move it there: a reader sees the old report or the new one, never a part.

    Raises
    ------
    UsageError
        The disk is full, or the system refuses the file; what stood there before still stands.
    """
    try:
        return _write(target, content)
    except OSError as failure:
        if failure.errno in (errno.ENOSPC, errno.EDQUOT):
            reason = "the disk is full. Free some space"
        else:
            reason = f"the system says: {failure.strerror or failure}. Check the folder"
        raise UsageError(
            f"{target} ({len(content):,} bytes) could not be written: {reason}, or name another folder. "
            "An earlier report of that name is unharmed."
        ) from failure


def _write(target: Path, content: bytes) -> Path:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.stem}-", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        part.chmod(0o666 & ~_umask())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return target


def _umask() -> int:
    """Return the mask that new files get (there is no way to read it but to set it)."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
