"""A full disk, a read-only one, a folder without rights, and what reaches the disk before an import is told of."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest

from rongheng.basics.errors import LakeError
from rongheng.market.store import Lake
from tests.market.store.checking import strace_works
from tests.market.store.importer import ROOT, files, finish, go, spawn
from tests.market.store.making import TODAY, batch, day

Mount = Callable[..., Path]


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mount]:
    """Return a function that mounts a small disk of its own in memory; skip where that is not permitted."""
    mounted: list[Path] = []

    def mount(options: str) -> Path:
        disk = tmp_path / "disk"
        disk.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)]
        if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("a disk of a known size needs the right to mount one")
        mounted.append(disk)
        return disk

    yield mount
    for disk in mounted:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def remount(disk: Path, options: str) -> None:
    """Change the options of a mounted disk."""
    subprocess.run(["mount", "-o", f"remount,{options}", str(disk)], check=True)


def noise(number: int, rows: int) -> list[dict[str, object]]:
    """Return facts that hardly compress."""
    values = pl.Series(range(rows * number, rows * (number + 1))).hash(number).cast(pl.Float64)
    return [{"as_of": day(rows * number + row), "financing_balance": value} for row, value in enumerate(values)]


def state(lake: Lake) -> tuple[pl.DataFrame, ...]:
    """Return everything that the lake shows."""
    return lake.history("account_daily"), lake.quarantine(), lake.imports()


def is_equal(first: tuple[pl.DataFrame, ...], second: tuple[pl.DataFrame, ...]) -> bool:
    """Say whether two states show the same."""
    return all(one.equals(other) for one, other in zip(first, second, strict=True))


@pytest.mark.parametrize("rows", [4000, 40], ids=["in a table", "in the catalogue or a log"])
def test_a_full_disk_loses_nothing_and_says_so(mount: Mount, rows: int) -> None:
    disk = mount("size=700k")
    lake = Lake(disk / "lake", create=True)
    states = [state(lake)]

    def land_next() -> int:
        return lake.land([batch(noise(len(states), rows), bad_rows=1)], now=TODAY)[0].new

    def land_on() -> None:
        while land_next():
            states.append(state(lake))

    with pytest.raises(LakeError, match=r"disk of .* full .*Nothing of it landed.*Free some space"):
        land_on()
    assert len(states) > 1
    remount(disk, "size=4m")
    assert is_equal(state(Lake(lake.root)), states[-1])
    assert land_next() == rows
    assert Lake(lake.root).quarantine().height == len(states)


def test_a_lake_on_a_disk_without_a_single_free_byte_can_still_be_read(mount: Mount) -> None:
    disk = mount("size=1m")
    lake = Lake(disk / "lake", create=True)
    lake.land(files("first", 0))
    fill(disk)
    assert Lake(lake.root).read("account_daily").height == 3
    with pytest.raises(LakeError, match="full"):
        lake.land(files("second", 1))
    assert Lake(lake.root).imports().height == 2


def fill(disk: Path) -> None:
    """Write until there is no room."""
    with (disk / "filling").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    assert shutil.disk_usage(disk).free == 0


def test_a_lake_cannot_be_made_on_a_full_disk(mount: Mount) -> None:
    disk = mount("size=64k")
    fill(disk)
    with pytest.raises(LakeError, match=r"Making a lake found the disk .* full.*No lake was made"):
        Lake(disk / "lake", create=True)
    (disk / "filling").unlink()
    remount(disk, "size=4m")
    assert Lake(disk / "lake", create=True).land(files("first", 0))[0].new == 3


def test_a_read_only_disk_can_be_read_and_not_written(mount: Mount) -> None:
    disk = mount("size=8m")
    Lake(disk / "lake", create=True).land(files("first", 0))
    remount(disk, "ro")
    lake = Lake(disk / "lake")
    assert (lake.read("account_daily").height, lake.imports().height) == (3, 2)
    with pytest.raises(LakeError, match=r"may not write to .*Nothing of it landed.*Make the folder writable"):
        lake.land(files("second", 1))
    with pytest.raises(LakeError, match="may not write"):
        Lake(disk / "other", create=True)
    remount(disk, "rw")
    assert lake.land(files("second", 1))[0].new == 3


def test_a_read_only_copy_of_a_lake_whose_writer_died_is_whole_or_refused(mount: Mount) -> None:
    """Commits may still stand in SQLite's log beside the catalogue: reading the catalogue alone would lose them."""
    disk = mount("size=8m")
    lake = Lake(disk / "lake", create=True)
    with contextlib.closing(sqlite3.connect(disk / "lake" / "catalogue.sqlite")) as reader:
        reader.execute("SELECT * FROM imports").fetchall()  # with a reader there, commits stay in the log
        lake.land(files("first", 0))
        assert (disk / "lake" / "catalogue.sqlite-wal").stat().st_size > 0
        shutil.copytree(disk / "lake", disk / "with")
        shutil.copytree(disk / "lake", disk / "without", ignore=shutil.ignore_patterns("*-shm"))
    remount(disk, "ro")
    assert Lake(disk / "with").imports().height == 2
    with pytest.raises(LakeError, match="may not write"):
        Lake(disk / "without")


WITHOUT_RIGHTS = """
import os, sys, tempfile
from rongheng.basics.errors import LakeError
from rongheng.market.store import Lake
from tests.market.store.importer import files
with tempfile.TemporaryDirectory() as folder:  # load all code while it may still be read
    Lake(folder, create=True).land(files("first", 0))
    Lake(folder).read("account_daily")
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
lake = Lake(sys.argv[1])
print(lake.read("account_daily").height)
try:
    lake.land(files("second", 1))
except LakeError as error:
    print(error)
"""


def test_a_user_without_the_right_to_write_can_read(tmp_path: Path) -> None:
    if os.name == "nt":
        pytest.skip("the rights of a folder are another matter on Windows")
    root = tmp_path / "lake"
    Lake(root, create=True).land(files("first", 0))
    for path in [root, *root.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    opened = [parent for parent in root.parents if not os.stat(parent).st_mode & 0o001]
    modes = {parent: os.stat(parent).st_mode for parent in opened}
    try:
        for parent in opened:
            parent.chmod(modes[parent] | 0o111)
        command = [sys.executable, "-c", WITHOUT_RIGHTS, str(root)]
        result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    finally:
        for parent, mode in modes.items():
            parent.chmod(mode)
        for path in [root, *root.rglob("*")]:
            path.chmod(0o755)
    height, message = result.stdout.splitlines()
    assert height == "3"
    assert re.search(r"may not write to .*Make the folder writable", message)


@pytest.mark.skipif(not strace_works(), reason="strace is not installed, or may not trace processes here")
def test_an_import_is_on_the_disk_before_it_is_published(tmp_path: Path) -> None:
    """Delta forces nothing out; a power failure after the import was told of would take it back in silence."""
    root, trace = tmp_path / "lake", tmp_path / "trace"
    Lake(root, create=True)
    wrapper = ["strace", "-f", "-qq", "-y", "-o", str(trace), "--trace=fsync,fdatasync"]
    importer = spawn(root, 1, wrapper)
    go(importer)
    assert len(finish(importer)) == 1
    forced = re.findall(r"f(?:data)?sync\(\d+<(.*?)>\)", trace.read_text())
    published = forced.index(str(root / "catalogue.sqlite-wal"))
    before = set(forced[:published])
    for table in ("account_daily", "index_daily", "quarantine"):
        folder = root / "tables" / table
        written = {str(path) for path in [folder, *folder.rglob("*")]}
        assert len(written) == 4  # the folder, a data file, the log's folder, a commit
        assert written <= before
    assert {str(root / "tables"), str(root)} <= before
