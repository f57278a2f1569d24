"""The log of a Delta table: undoing what a killed import left in it, and shortening the way through it.

Only the lake's one writer calls what writes here. Rows and files are the business of ``delta``.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from deltalake import DeltaTable, PostCommitHookProperties

from rongheng.market.store.durability import Watch, force_out

NO_HOOKS = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)
_COMMITS_PER_CHECKPOINT = 100


def log(folder: Path) -> Path:
    """Return the folder of the table's log."""
    return folder / "_delta_log"


def commit_file(folder: Path, version: int) -> Path:
    """Return the file of one commit."""
    return log(folder) / f"{version:020}.json"


def settle(folder: Path, published: int | None) -> None:
    """Undo what was committed after the published version by an import that never came to its end."""
    if published is None:
        _set_aside(folder)
        return
    orphans = sorted(path for path in log(folder).glob("*.json") if int(path.stem) > published)
    if all(_is_whole(path) for path in orphans):
        if orphans:
            _restore(folder, published)
        return
    for path in reversed(orphans):  # torn by a power failure, so nobody could read them; backwards, to leave no gap
        path.unlink()
    force_out(log(folder))


def shorten(folder: Path, published: int) -> None:
    """Make a checkpoint of the published version where the log has become long.

    A checkpoint that a power failure tore would make the whole table unreadable, and one that lies ahead of the
    published version would mislead its readers. So it is made in a copy of the log, forced to the disk there, and
    moved in whole; the hint that the library writes beside it stays behind, for readers find a checkpoint without it.
    """
    last = max((int(path.name[:20]) for path in log(folder).glob("*.checkpoint.parquet")), default=0)
    if published - last < _COMMITS_PER_CHECKPOINT:
        return
    scratch = folder.with_name(f"{folder.name}.checkpoint")
    shutil.rmtree(scratch, ignore_errors=True)  # left by an import that was killed
    shutil.copytree(log(folder), log(scratch))
    watch = Watch(log(scratch))
    DeltaTable(scratch, version=published).create_checkpoint()
    for path in watch.new_files():
        if path.suffix == ".parquet":
            force_out(path)
            path.replace(log(folder) / path.name)
    force_out(log(folder))
    shutil.rmtree(scratch)


def _restore(folder: Path, published: int) -> None:
    watch = Watch(folder, log(folder))
    DeltaTable(folder).restore(published, post_commithook_properties=NO_HOOKS)
    watch.force_out(up_to=folder.parents[1])


def _set_aside(folder: Path) -> None:
    """Move away what a killed import left of a table that was never published."""
    if not folder.exists():
        return
    number = 1
    while (aside := folder.with_name(f"{folder.name}.unpublished-{number}")).exists():
        number += 1
    folder.rename(aside)


def _is_whole(commit: Path) -> bool:
    try:
        return bool([json.loads(line) for line in commit.read_bytes().splitlines()])
    except ValueError:
        return False
