"""Digests of files (sha256): of one, of many at once, of a folder.

What lives here: reading files to know them again. What does not: what a digest is kept for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_THREADS = 4  # hashing lets other threads run


def sha256_of(file: Path) -> str:
    """Return the sha256 of what a file holds."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sha256_of_each(files: Sequence[Path]) -> list[str]:
    """Return the sha256 of every file, in their order; several are read at once."""
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(sha256_of, files))


def fingerprint(path: Path) -> str:
    """Return the sha256 of the names and digests of the files that stand directly in a folder, or of one file.

    Files whose names begin with a dot do not count.
    """
    entries = [path] if path.is_file() else sorted(entry for entry in path.iterdir() if entry.is_file())
    files = [file for file in entries if not file.name.startswith(".")]
    lines = (f"{file.name}\0{digest}\n" for file, digest in zip(files, sha256_of_each(files), strict=True))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
