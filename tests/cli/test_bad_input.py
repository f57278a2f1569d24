"""Bad input: one clear message, the exit code of its kind, no traceback, nothing lost."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.cli.words import BALANCES, Ran, Run


def refused(ran: Ran, code: int, *said: str) -> None:
    """Check that a command ended with one message that says these things."""
    assert ran.code == code, f"{ran.code}: {ran.out}{ran.err}"
    assert "Traceback" not in ran.err
    for phrase in said:
        assert phrase in ran.err, ran.err


@pytest.fixture
def filled(tmp_path: Path, rongheng: Run) -> Path:
    file = tmp_path / "balances.csv"
    file.write_text(BALANCES, encoding="utf-8")
    assert rongheng("import", file, "--lake", tmp_path / "lake").code == 0
    return tmp_path / "lake"


def test_a_missing_file(tmp_path: Path, rongheng: Run) -> None:
    refused(rongheng("import", tmp_path / "none.csv", "--lake", tmp_path / "lake"), 2, "none.csv")


@pytest.mark.parametrize("content", [b"", b"\n\n", "日期,融资余额(亿元)\n".encode()])
def test_a_file_without_a_row(tmp_path: Path, rongheng: Run, content: bytes) -> None:
    file = tmp_path / "empty.csv"
    file.write_bytes(content)
    refused(rongheng("import", file, "--lake", tmp_path / "lake"), 4, "empty.csv")


def test_a_truncated_workbook(tmp_path: Path, rongheng: Run) -> None:
    whole = tmp_path / "whole.zip"
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>" * 500)
    file = tmp_path / "cut.xlsx"
    file.write_bytes(whole.read_bytes()[:100])
    refused(rongheng("import", file, "--lake", tmp_path / "lake"), 4, "cut.xlsx")


def test_a_file_of_the_right_name_and_the_wrong_content(tmp_path: Path, rongheng: Run) -> None:
    # The SSE Composite closed at 2770.74 on 2024-02-01 (printed in a report); these bars do not.
    file = tmp_path / "sh000001.csv"
    file.write_text("date,close\n2024-01-31,3215.35\n2024-02-01,3217.15\n", encoding="utf-8")
    refused(rongheng("import", file, "--lake", tmp_path / "lake"), 4, "2770.74", "3217.15")


def test_a_wrong_date(filled: Path, rongheng: Run) -> None:
    refused(rongheng("show", "balance", "--lake", filled, "--as-of", "2025-13-01"), 2, "2025-13-01", "2025-01-10")
    refused(rongheng("note", "--lake", filled, "--as-of", "soon", "--out", filled / "n.html"), 2, "soon")


def test_an_as_of_before_the_data_begin(filled: Path, tmp_path: Path, rongheng: Run) -> None:
    out = tmp_path / "note.html"
    refused(rongheng("note", "--lake", filled, "--as-of", "2009-01-05", "--out", out), 4, "2009-01-05", "2025-01-06")
    assert not out.exists()


def test_a_lake_that_is_not_there(tmp_path: Path, rongheng: Run) -> None:
    refused(rongheng("status", "--lake", tmp_path / "none"), 4, "none", "rongheng import")


def test_a_folder_that_is_no_lake(tmp_path: Path, rongheng: Run) -> None:
    (tmp_path / "stuff").mkdir()
    (tmp_path / "stuff" / "file.txt").write_text("x", encoding="utf-8")
    refused(rongheng("status", "--lake", tmp_path / "stuff"), 4, "stuff")


def test_a_note_into_a_folder_that_is_not_there(filled: Path, tmp_path: Path, rongheng: Run) -> None:
    refused(rongheng("note", "--lake", filled, "--out", tmp_path / "no" / "note.html"), 2, "no")


def test_a_note_of_a_kind_that_is_not_written(filled: Path, tmp_path: Path, rongheng: Run) -> None:
    refused(rongheng("note", "--lake", filled, "--out", tmp_path / "note.docx"), 2, ".docx", ".html", ".xlsx")


def test_from_after_to(filled: Path, rongheng: Run) -> None:
    ran = rongheng("show", "balance", "--lake", filled, "--from", "2025-01-10", "--to", "2025-01-06")
    refused(ran, 2, "2025-01-10 is after")


def test_an_unknown_indicator(filled: Path, rongheng: Run) -> None:
    assert rongheng("show", "lowz", "--lake", filled).code == 2


def test_a_whole_process_prints_one_message_and_no_traceback(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).parent / "rongheng"), "status", "--lake", str(tmp_path / "none")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert done.stdout == ""
    assert done.stderr.startswith("rongheng: ")
    assert "Traceback" not in done.stderr
