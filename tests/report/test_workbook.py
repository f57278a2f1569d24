"""The workbook, reopened with another library: sheets, numbers, dates, charts, banner, the same bytes twice."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pytest

from rongheng.basics.grades import Grade
from rongheng.basics.text import Text
from rongheng.findings.dossier import Dossier
from rongheng.findings.finding import Finding, Severity
from rongheng.report import note
from rongheng.report.workbook import workbook_bytes


@pytest.fixture(scope="module")
def content(dossier: Dossier) -> bytes:
    """Return the workbook in Chinese."""
    return workbook_bytes(dossier, "zh")


@pytest.fixture(scope="module")
def book(content: bytes) -> Any:
    """Return the workbook as openpyxl reads it."""
    return openpyxl.load_workbook(BytesIO(content))


@pytest.fixture
def small(dossier: Dossier) -> Dossier:
    """Return the dossier with two readings alone, which makes a quick workbook."""
    readings = {name: dossier.readings[name] for name in ("pressure", "lows")}
    return replace(dossier, readings=readings, reproduced=None)


def _heads(sheet: Any, label: str) -> int:
    """Return the row of the labels: the one whose first cell is the given label."""
    return next(row for row in range(1, 30) if sheet.cell(row, 1).value == label)


def test_there_is_a_sheet_for_everything(dossier: Dossier, book: Any) -> None:
    names = book.sheetnames
    assert names[:2] == ["概要", "图表"]
    assert {"需要关注", "数据覆盖", "报告复算"} <= set(names)
    for name, reading in dossier.readings.items():
        assert any(reading.indicator.label.zh in sheet for sheet in names), name
    assert all(len(name) <= 31 for name in names)


def test_the_numbers_are_those_of_the_reading_unrounded(dossier: Dossier, book: Any) -> None:
    reading = dossier.readings["balance"]
    sheet = book[reading.indicator.label.zh]
    row = _heads(sheet, "交易日")
    heads = [cell.value for cell in sheet[row]]
    units = [cell.value for cell in sheet[row + 1]]
    column = heads.index("融资余额") + 1
    assert units[column - 1] == "亿元"
    last = sheet.cell(sheet.max_row, column).value
    assert last * 1e8 == pytest.approx(reading.rows["financing_balance"][-1], rel=1e-15)
    assert sheet.max_row - row - 1 == reading.rows.height


def test_ratios_are_fractions_shown_as_percentages_and_dates_are_dates(dossier: Dossier, book: Any) -> None:
    sheet = book[dossier.readings["leverage"].indicator.label.zh]
    row = _heads(sheet, "交易日")
    column = [cell.value for cell in sheet[row]].index("平均维持担保比例") + 1
    cell = sheet.cell(sheet.max_row, column)
    assert cell.value == pytest.approx(2.6754)  # Huachuang 2025-03, the ratio of 2025-03-21
    assert cell.number_format == "0.00%"
    assert sheet.cell(sheet.max_row, 1).value == datetime(2025, 3, 21)  # noqa: DTZ001  Excel's dates have no zone
    assert sheet.freeze_panes == f"B{row + 2}"


def test_every_row_of_a_reading_has_its_grade_in_words(dossier: Dossier, book: Any) -> None:
    sheet = book[dossier.readings["balance"].indicator.label.zh]
    row = _heads(sheet, "交易日")
    column = [cell.value for cell in sheet[row]].index("级别") + 1
    assert {sheet.cell(place, column).value for place in range(row + 2, sheet.max_row + 1)} == {"模拟"}


def test_there_are_native_charts_with_titles_and_values(content: bytes, book: Any) -> None:
    assert len(book["图表"]._charts) >= 6
    with zipfile.ZipFile(BytesIO(content)) as archive:
        charts = sorted(name for name in archive.namelist() if name.startswith("xl/charts/chart"))
        texts = [archive.read(name).decode() for name in charts]
    assert len(charts) >= 6
    assert any("两融余额" in text for text in texts)
    for text in texts:
        ElementTree.fromstring(text)
        assert "<c:f>" in text


def test_every_sheet_of_a_simulated_dossier_begins_with_the_banner(book: Any) -> None:
    for name in book.sheetnames:
        assert "SIMULATED" in str(book[name].cell(1, 1).value), name
        assert "SIMULATED" in str(book[name].oddHeader.center.text), name


def test_no_sheet_of_real_data_has_the_banner(small: Dossier) -> None:
    real = openpyxl.load_workbook(BytesIO(workbook_bytes(replace(small, simulated=False), "en")))
    assert real.sheetnames[0] == "Summary"
    for name in real.sheetnames:
        assert "SIMULATED" not in str(real[name].cell(1, 1).value)


def test_the_english_workbook_has_english_heads(small: Dossier) -> None:
    book = openpyxl.load_workbook(BytesIO(workbook_bytes(small, "en")))
    sheet = book["Lows of the maintenance ratio"]
    row = _heads(sheet, "session")
    heads = [str(cell.value) for cell in sheet[row]]
    assert "confirmed on" in heads
    assert not [head for head in heads if any("\u4e00" <= sign <= "\u9fff" for sign in head)]


def test_text_that_looks_like_a_formula_or_a_link_stays_text(small: Dossier) -> None:
    finding = Finding(
        subject="market",
        session=small.as_of,
        severity=Severity.WATCH,
        statement=Text("=1+1", "=1+1"),
        evidence=Text("http://example.org", "http://example.org"),
        cites="pressure",
        grade=Grade.DERIVED,
    )
    book = openpyxl.load_workbook(BytesIO(workbook_bytes(replace(small, findings=(finding,)), "zh")))
    cells = [
        cell for row in book["需要关注"].iter_rows() for cell in row if cell.value in ("=1+1", "http://example.org")
    ]
    assert [cell.data_type for cell in cells] == ["s", "s"]
    assert all(cell.hyperlink is None for cell in cells)


def test_the_same_dossier_gives_the_same_bytes(small: Dossier) -> None:
    assert workbook_bytes(small, "zh") == workbook_bytes(small, "zh")


def test_a_workbook_of_nothing_opens(dossier: Dossier, folder: Path) -> None:
    why = {name: Text("无", "none") for name in dossier.readings if "." not in name}
    empty = replace(dossier, readings={}, unreadable=why, findings=(), coverage=(), reproduced=None)
    book = openpyxl.load_workbook(note(empty, folder / "空.xlsx", lang="zh"))
    assert "未能读取" in book.sheetnames


def test_a_reading_without_rows_is_a_sheet_without_rows(dossier: Dossier) -> None:
    cleared = {name: replace(reading, rows=reading.rows.clear()) for name, reading in dossier.readings.items()}
    book = openpyxl.load_workbook(BytesIO(workbook_bytes(replace(dossier, readings=cleared), "zh")))
    assert book["图表"]._charts == []
