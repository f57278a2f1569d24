"""Disks that are full or may not be written, and two imports at once: seen through whole processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random

import pytest

from rongheng.basics.calendar import calendar
from tests.cli.words import BALANCES

COMMAND = str(Path(sys.executable).parent / "rongheng")


def rongheng(*words: object) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"RUST_BACKTRACE": "1"}
    return subprocess.run(
        [COMMAND, *map(str, words)], capture_output=True, text=True, check=False, env=environment, timeout=120
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "balances.csv"
    made.write_text(BALANCES, encoding="utf-8")
    return made


def many_balances(path: Path) -> Path:
    """Write ten years of balances that no compression makes small."""
    sessions = calendar().between(date(2014, 1, 2), date(2023, 12, 29))
    noise = Random(1)
    rows = [
        f"{day},{noise.uniform(8e3, 9e3):.9f},{noise.uniform(80, 90):.9f},{noise.uniform(220, 290):.9f}"
        for day in sessions
    ]
    path.write_text("\n".join([BALANCES.splitlines()[0], *rows]), encoding="utf-8")
    return path


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a disk of 150 kB: a lake's catalogue fits, its tables do not."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=150k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("a small disk cannot be mounted here; that needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_one_line(small_disk: Path, tmp_path: Path) -> None:
    done = rongheng("import", many_balances(tmp_path / "many.csv"), "--lake", small_disk / "lake", "--quiet")
    assert done.returncode == 4
    assert "full" in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr


def test_a_disk_that_may_not_be_written_is_one_line_and_can_be_read(small_disk: Path, file: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=20m", str(small_disk)], check=True)
    lake = small_disk / "lake"
    assert rongheng("import", file, "--lake", lake).returncode == 0
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    other = file.with_name("more.csv")
    other.write_text(BALANCES.replace("2025-01-10", "2025-01-13"), encoding="utf-8")
    refused = rongheng("import", other, "--lake", lake, "--quiet")
    assert refused.returncode == 4
    assert refused.stderr.count("\n") == 1, refused.stderr
    assert "Traceback" not in refused.stderr
    shown = rongheng("show", "balance", "--lake", lake, "--format", "csv")
    assert "2025-01-10" in shown.stdout
    note = rongheng("note", "--lake", lake, "--out", small_disk / "note.html")
    assert note.returncode in (2, 4)
    assert "Traceback" not in note.stderr


def test_two_imports_at_once_both_land_or_one_is_told_to_wait(tmp_path: Path, file: Path) -> None:
    other = tmp_path / "more.csv"
    other.write_text(BALANCES.replace("2025-01-1", "2025-01-2").replace("2025-01-0", "2024-12-0"), encoding="utf-8")
    lake = tmp_path / "lake"
    assert rongheng("import", file, "--lake", lake).returncode == 0
    words = [[COMMAND, "import", str(name), "--lake", str(lake)] for name in (other, file)]
    running = [subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for line in words]
    ended = [(one.communicate(timeout=120), one.returncode) for one in running]
    for (_, errors), code in ended:
        assert code == 0 or (code == 4 and "another import" in errors), errors
    assert "2025-01-10" in rongheng("show", "balance", "--lake", lake, "--format", "csv").stdout
