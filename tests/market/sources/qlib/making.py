"""Archives of qlib made from printed prices as such collections are: times the factor, rounded to 24 bits."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

from rongheng.basics.calendar import calendar

FIELDS = ("open", "high", "low", "close", "volume", "factor")


@dataclass
class Share:
    """One code as it was printed: prices in yuan; ``volume`` 0 is a session without a trade."""

    close: Sequence[float]
    factor: Sequence[float] = ()
    volume: Sequence[float] = ()
    open: Sequence[float] = ()
    high: Sequence[float] = ()
    low: Sequence[float] = ()
    start: int = 0
    left_out: tuple[str, ...] = field(default=())

    def files(self) -> dict[str, bytes]:
        """Return the bytes of each field."""
        close = np.array(self.close)
        factor = np.array(self.factor or [1.0] * len(close)).astype(np.float32)
        columns = {name: np.array(getattr(self, name) or close) for name in ("open", "high", "low", "close")}
        values = {name: column * factor.astype(np.float64) for name, column in columns.items()}
        values |= {"volume": np.array(self.volume or [1e6] * len(close)), "factor": factor}
        return {
            name: np.concatenate([[self.start], values[name]]).astype("<f4").tobytes()
            for name in FIELDS
            if name not in self.left_out
        }


def sessions(first: date, count: int) -> list[date]:
    """Return that many sessions from a day on."""
    return [day for day in calendar().sessions if day >= first][:count]


def archive(parts: Mapping[str, bytes], *, mode: str = "w:xz") -> bytes:
    """Return a tar archive of these files."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as out:  # type: ignore[call-overload]  # the mode is a parameter
        for name, data in parts.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            out.addfile(member, io.BytesIO(data))
    return stream.getvalue()


def folder(
    days: Sequence[date],
    codes: Mapping[str, Share],
    lists: Mapping[str, Sequence[tuple[str, date, date]]] | None = None,
) -> dict[str, bytes]:
    """Return the files of a folder."""
    parts = {"calendars/day.txt": "\n".join(map(str, days)).encode()}
    for code, share in codes.items():
        parts |= {f"features/{code}/{name}.day.bin": data for name, data in share.files().items()}
    for name, spans in (lists or {}).items():
        lines = [f"{code}\t{first}\t{last}" for code, first, last in spans]
        parts[f"instruments/{name}.txt"] = "\n".join(lines).encode()
    return parts


def write(path: Path, parts: Mapping[str, bytes], *, mode: str = "w:xz") -> Path:
    """Write an archive, and return its path."""
    path.write_bytes(archive(parts, mode=mode))
    return path
