"""Delta Lake, guarded: what the ``deltalake`` library does in silence is met here and in ``commits``, nowhere else.

- A float lands in a column of integers with its fraction cut off, and an unsigned column as a signed one: types are
  compared before anything is written.
- The library names files by URL, and those whose folder has Chinese letters, a space, # or ? in its name cannot be
  read by that name: files are named from the folder that we know.
- It never forces anything to the disk, and an empty commit file counts as a commit without rows: what is written is
  forced out and verified before it is published, and again when a lake is opened.
- Its clean-up removes commits that a reader may still need: it is off.
- Tables are travelled by version. File times say nothing after a copy.

Which version counts is the catalogue's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import polars as pl
from deltalake import CommitProperties, DeltaTable, WriterProperties, write_deltalake
from deltalake.exceptions import DeltaError

from rongheng.basics.errors import LakeError
from rongheng.market.store import commits
from rongheng.market.store.durability import Watch
from rongheng.market.store.failures import hushed

Schema = Mapping[str, pl.DataType]

_CONFIGURATION = {"delta.enableExpiredLogCleanup": "false"}
_ROWS_PER_GROUP = 100_000  # a read of a few days looks into one or two groups of a table of millions of rows
_PARQUET = WriterProperties(compression="ZSTD", compression_level=3, max_row_group_size=_ROWS_PER_GROUP)


def scan(
    folder: Path, version: int, schema: Schema, *, first: date | None = None, last: date | None = None
) -> pl.LazyFrame:
    """Return the rows of that version, with the columns of ``schema`` (null where the table is older than a column).

    Files whose ``as_of`` lies outside ``first`` … ``last`` are not opened; the rows of the others are not filtered.
    """
    files = _published_files(folder, version)
    if first is not None:
        files = files.filter(pl.col("max.as_of").is_null() | (pl.col("max.as_of") >= first))
    if last is not None:
        files = files.filter(pl.col("min.as_of").is_null() | (pl.col("min.as_of") <= last))
    if files.is_empty():
        return pl.LazyFrame(schema=schema)
    return pl.scan_parquet(
        [folder / name for name in files["path"]],
        schema=dict(schema),
        missing_columns="insert",
        extra_columns="ignore",
        glob=False,  # a star in the lake's path is a star
    ).select(list(schema))


def append(folder: Path, frame: pl.DataFrame, schema: Schema, *, published: int | None, sequence: int) -> int:
    """Append rows after the published version, force them to the disk, and return the new version.

    Only the one writer may call this. What a killed import left behind the published version is undone first.
    """
    check_types(frame, schema, folder.name)
    commits.settle(folder, published)
    if published is not None:
        commits.shorten(folder, published)
    table = None if published is None else DeltaTable(folder)
    kept = set(schema) if table is None else {field.name for field in table.schema().fields}
    _check_columns(kept, schema, folder.name)
    watch = Watch(folder, commits.log(folder))
    with hushed():
        write_deltalake(
            table or str(folder),
            frame,
            mode="append",
            schema_mode="merge" if kept < set(schema) else None,
            configuration=None if table else _CONFIGURATION,
            writer_properties=_PARQUET,
            commit_properties=CommitProperties(custom_metadata={"sequence": sequence}),
            post_commithook_properties=commits.NO_HOOKS,
        )
    watch.force_out(up_to=folder.parents[1])
    return DeltaTable(folder).version()


def compact(folder: Path, *, published: int) -> int:
    """Rewrite many small files as a few, and return the version that has them. No fact changes; old files stay."""
    commits.settle(folder, published)
    watch = Watch(folder, commits.log(folder))
    table = DeltaTable(folder)
    with hushed():
        table.optimize.compact(writer_properties=_PARQUET, post_commithook_properties=commits.NO_HOOKS)
    watch.force_out(up_to=folder.parents[1])
    return DeltaTable(folder).version()


def verify(folder: Path, *, version: int, rows: int) -> None:
    """Raise ``LakeError`` when that version is not on the disk as it was written."""
    commit = commits.commit_file(folder, version)
    if not commit.is_file():
        raise _damaged(folder, f"version {version} was published, but its commit {commit.name} is not there")
    if commit.stat().st_size == 0:
        raise _damaged(folder, f"version {version} was published, but its commit {commit.name} is empty")
    files = _files(_open(folder, version))
    found = files["num_records"].sum()
    if found != rows:
        raise _damaged(folder, f"version {version} was published with {rows} rows, but it has {found}")
    for path, size in files.select("path", "size_bytes").iter_rows():
        file = folder / path
        if not file.is_file() or file.stat().st_size != size:
            raise _damaged(folder, f"the file {path} should have {size} bytes and is missing or of another size")


def check_types(frame: pl.DataFrame, schema: Schema, name: str) -> None:
    """Raise ``LakeError`` unless the frame has exactly the columns and types of the table."""
    wrong = [
        f"{column} is {frame.schema.get(column, 'absent')}, wanted {schema.get(column, 'no such column')}"
        for column in {**schema, **frame.schema}
        if frame.schema.get(column) != schema.get(column)
    ]
    if wrong:
        raise LakeError(
            f"Rows for {name} do not have its types: {'; '.join(wrong)}. Delta Lake would cut values off in silence, "
            "so nothing was written. Convert the columns, and leave out or quarantine what does not fit."
        )


def _check_columns(kept: set[str], schema: Schema, name: str) -> None:
    unknown = ", ".join(sorted(kept - set(schema)))
    if unknown:
        raise LakeError(
            f"Table {name} has columns that this Rongheng does not know ({unknown}): a newer one wrote it, and new "
            "revisions would lose them. Nothing was written. Upgrade Rongheng."
        )


def _open(folder: Path, version: int) -> DeltaTable:
    if not commits.log(folder).is_dir():
        raise _damaged(folder, f"version {version} was published, but the folder is not there")
    try:
        return DeltaTable(folder, version=version)
    except DeltaError as problem:
        found = " ".join(str(problem).split())[:200]
        raise _damaged(folder, f"version {version} was published, but cannot be opened ({found})") from problem


class _Commit(NamedTuple):
    """A published version, which never changes; the stamp tells when a folder was put back or made anew."""

    folder: Path
    version: int
    stamp: tuple[int, int, int]


def _published_files(folder: Path, version: int) -> pl.DataFrame:
    try:
        found = commits.commit_file(folder, version).stat()
    except OSError:
        return _files(_open(folder, version))
    return _files_of(_Commit(folder, version, (found.st_ino, found.st_mtime_ns, found.st_size)))


@lru_cache(maxsize=64)
def _files_of(commit: _Commit) -> pl.DataFrame:
    return _files(_open(commit.folder, commit.version))


def _files(table: DeltaTable) -> pl.DataFrame:
    """Return one row for each data file: its path in the folder, its bytes and rows, its first and last ``as_of``."""
    files = pl.DataFrame(table.get_add_actions(flatten=True))
    absent = [name for name in ("min.as_of", "max.as_of") if name not in files.columns]
    return files.with_columns(pl.lit(None, pl.Date).alias(name) for name in absent)


def _damaged(folder: Path, what: str) -> LakeError:
    return LakeError(
        f"Table {folder.name} of the lake {folder.parents[1]} is damaged: {what}. Put {folder} back from a backup, or "
        "make a new lake and import the files again (the table `imports` in catalogue.sqlite lists them)."
    )
