"""Where reports are written: what is in the way is said, and no report is ever half there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rongheng.basics.errors import UsageError
from rongheng.report.files import check_target, write_whole


@pytest.mark.parametrize("name", ["note.pdf", "note", "note.htm", "note.xls"])
def test_another_suffix_is_refused_with_the_two_that_there_are(folder: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"\.html, a workbook in \.xlsx"):
        check_target(folder / name)


def test_a_folder_that_is_not_there_is_named(folder: Path) -> None:
    with pytest.raises(UsageError, match="is not there"):
        check_target(folder / "missing" / "note.html")


def test_a_file_in_place_of_a_folder_is_named(folder: Path) -> None:
    (folder / "file").write_text("x")
    with pytest.raises(UsageError, match="is a file"):
        check_target(folder / "file" / "note.html")


def test_a_folder_in_place_of_the_file_is_named(folder: Path) -> None:
    (folder / "note.html").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        check_target(folder / "note.html")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to every folder")
def test_a_read_only_folder_is_named(folder: Path) -> None:
    folder.chmod(0o555)
    with pytest.raises(UsageError, match="may not be written to"):
        check_target(folder / "note.html")


def test_a_report_replaces_the_one_before_and_leaves_nothing_beside_it(folder: Path) -> None:
    target = folder / "note.html"
    write_whole(target, b"old")
    assert write_whole(target, b"new").read_bytes() == b"new"
    assert list(folder.iterdir()) == [target]


def test_a_new_report_can_be_read_by_whom_other_new_files_can(folder: Path) -> None:
    other = folder / "other"
    other.write_text("x")
    written = write_whole(folder / "note.html", b"x")
    assert written.stat().st_mode == other.stat().st_mode


def test_what_the_disk_refuses_leaves_the_old_report_whole(folder: Path) -> None:
    # A limit on the size of files stands for a disk without room: the write fails half-way.
    target = folder / "note.html"
    target.write_bytes(b"old")
    program = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from rongheng.basics.errors import UsageError\n"
        "from rongheng.report.files import write_whole\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    write_whole(Path(sys.argv[1]), b'x' * 100_000)\n"
        "except UsageError as refused:\n"
        "    print(refused)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(target)], capture_output=True, text=True, check=True)
    assert "could not be written" in done.stdout
    assert "unharmed" in done.stdout
    assert target.read_bytes() == b"old"
    assert list(folder.iterdir()) == [target]
