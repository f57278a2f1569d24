"""Compressed files and archives: what is inside, read in memory, one part after another, within stated bounds.

What lives here: gzip, xz, bzip2, tar and zip. What does not: what the parts mean (``folders``, ``read``, ``qlib``).
Nothing is ever written to the disk, so that no name in an archive can lead anywhere; names that try are refused all the
same, for such an archive was not made by a publisher of figures.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any

from rongheng.basics.errors import DataError
from rongheng.market.sources.files.damaged import reading

WHOLE_LIMIT = 1 << 30  # bytes unpacked: sixteen years of bars of 600 shares are 60 MiB
PART_LIMIT = 512 << 20
PARTS_LIMIT = 500_000
_TAR_PLACE, _TAR = 257, b"ustar"
_TAR_END = 1024  # zeros behind the last file
_CHUNK = 1 << 20

_OPENERS: dict[bytes, tuple[str, Callable[[io.BytesIO], Any]]] = {
    b"\x1f\x8b": ("a gzip file", gzip.open),
    b"\xfd7zXZ": ("an xz file", lzma.open),
    b"BZh": ("a bzip2 file", bz2.open),
}
Progress = Callable[[float], None]  # the share of the compressed bytes that have been read


@dataclass(frozen=True, slots=True)
class Part:
    """One file of an archive: its name with ``/`` between folders, and its bytes."""

    name: str
    data: bytes


def is_compressed(data: bytes) -> bool:
    """Say whether the bytes are a compressed file or an archive, that is: of a kind that this file unpacks.

    >>> is_compressed(gzip.compress(b"a")), is_compressed("日期,收盘".encode())
    (True, False)
    """
    return any(map(data.startswith, _OPENERS)) or _is_tar(data)


def holds_archive(data: bytes, *, file: str) -> bool:
    """Say whether the bytes are a tar archive, compressed or not."""
    what, stream = _opened(io.BytesIO(data))
    with reading(what, file=file), stream:
        return _is_tar(stream.read(_TAR_PLACE + len(_TAR)))


def unpacked(data: bytes, *, file: str) -> bytes:
    """Return what a compressed file holds; anything else is returned as it is.

    Raises
    ------
    DataError
        The file is damaged or cut short, or holds more than ``PART_LIMIT``.
    """
    found = io.BytesIO()
    what, stream = _opened(io.BytesIO(data))
    with reading(what, file=file), stream:
        while chunk := stream.read(_CHUNK):
            found.write(chunk)
            _check_size(found.tell(), PART_LIMIT, what=file)
    return found.getvalue()


def parts(data: bytes, *, file: str, progress: Progress | None = None) -> Iterator[Part]:
    """Yield the files of a tar archive, compressed or not, in its order.

    Raises
    ------
    DataError
        The archive is damaged or cut short; it holds a link, a device or a name that leads out of it; or it is larger
        than the bounds above.
    """
    raw = io.BytesIO(data)
    what, stream = _opened(raw)
    whole = 0
    with reading(f"{what} with an archive", file=file), stream, tarfile.open(fileobj=stream, mode="r|") as archive:
        for count, member in enumerate(archive, start=1):
            _check_member(member, count, file=file)
            whole += member.size
            _check_size(whole, WHOLE_LIMIT, what=file)
            content = archive.extractfile(member)
            if content is not None:  # a folder has none
                yield Part(str(PurePosixPath(member.name)), content.read())
            if progress is not None:
                progress(raw.tell() / len(data))
        while stream.read(_CHUNK):  # what was cut off behind the last file shows only at the end
            pass
    _check_end(data, file=file)


def zipped(data: bytes, *, file: str) -> Iterator[Part]:
    """Yield the files of a zip archive, in the order of their names; the bounds and the errors are those of `parts`."""
    whole = 0
    with reading("a zip archive", file=file), zipfile.ZipFile(io.BytesIO(data)) as archive:
        for count, member in enumerate(sorted(archive.infolist(), key=lambda member: member.filename), start=1):
            _check_name(member.filename, file=file)
            whole += member.file_size
            _check_size(member.file_size, PART_LIMIT, what=f"{member.filename} in {file}")
            _check_size(whole, WHOLE_LIMIT, what=file)
            _check_count(count, file=file)
            if not member.is_dir():
                yield Part(member.filename, archive.read(member))


def _is_tar(data: bytes) -> bool:
    return data[_TAR_PLACE : _TAR_PLACE + len(_TAR)] == _TAR


def _opened(raw: io.BytesIO) -> tuple[str, IO[bytes]]:
    """Return what the bytes are called, and a stream of what they hold."""
    start = raw.getbuffer()[:8].tobytes()
    for magic, (what, opener) in _OPENERS.items():
        if start.startswith(magic):
            return what, opener(raw)
    return "a plain file", raw


def _check_size(count: int, limit: int, *, what: str) -> None:
    if count > limit:
        raise DataError(
            f"{what} unpacks to more than {limit >> 20} MiB, which no file of figures does. If it is one, unpack it "
            "and import its files."
        )


def _check_member(member: tarfile.TarInfo, count: int, *, file: str) -> None:
    _check_name(member.name, file=file)
    if not (member.isfile() or member.isdir()):
        raise DataError(f"{file} holds {member.name!r}, a link or a device; expected files of figures alone.")
    _check_size(member.size, PART_LIMIT, what=f"{member.name} in {file}")
    _check_count(count, file=file)


def _check_name(name: str, *, file: str) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or any(":" in part for part in path.parts[:1]):
        raise DataError(
            f"{file} holds {name!r}, a name that leads out of the archive. Nothing of it was read: get the archive "
            "from its publisher again."
        )


def _check_count(count: int, *, file: str) -> None:
    if count > PARTS_LIMIT:
        raise DataError(f"{file} holds more than {PARTS_LIMIT} files, which no collection of figures does.")


def _check_end(data: bytes, *, file: str) -> None:
    """A plain archive that was cut between two files looks whole but for the zeros at its end."""
    if _is_tar(data) and data[-_TAR_END:].strip(b"\0"):
        raise DataError(f"{file} is an archive that ends too soon: it was cut short on the way; fetch it again.")
