"""Write a table to Parquet part by part, so that a large one never stands in memory whole.

What lives here: the one way in which a generator of frames becomes a file, whole or not at all. What does not: what
the parts hold.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source

from rongheng.basics.errors import UsageError

_LEVEL = 1  # of zstd: half the time of the default, and files of integers come out no larger


def write_parts(parts: Iterable[pl.DataFrame], path: Path) -> None:
    """Write the parts one after another as the rows of one Parquet file; each is asked for when it is needed.

    There is at least one part, and all have the columns of the first.

    Raises
    ------
    UsageError
        The disk is full or the folder refuses the file; what stood there before still stands.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=".part")
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:  # an open file: a writer that is late cannot make it again
            _lazy(iter(parts)).sink_parquet(stream, maintain_order=True, compression_level=_LEVEL)
        beside.chmod(0o644)
        beside.replace(path)
    except OSError as refused:
        raise UsageError(
            f"{path} could not be written: {refused.strerror or refused}. Free some space or name another folder."
        ) from refused
    finally:
        beside.unlink(missing_ok=True)


def _lazy(parts: Iterator[pl.DataFrame]) -> pl.LazyFrame:
    first = next(parts)

    def source(*asked: object) -> Iterator[pl.DataFrame]:
        columns, predicate, rows, _ = asked
        assert columns is predicate is rows is None, f"everything is written, not {columns}, {predicate}, {rows}"
        yield from chain([first], parts)

    return register_io_source(source, schema=first.schema)
