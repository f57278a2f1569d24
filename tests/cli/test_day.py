"""``rongheng day make``: a lake becomes a folder that books are marked with, and what is unknown is printed."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import pytest

from rongheng.basics.market_day import MarketDay
from tests.cli.words import Run
from tests.market.series.day.lakes import bar, lake_of, sessions_before

BARS = (
    "日期,证券代码,收盘价(元),前收盘价(元),成交量(股),成交额(元)\n"
    "2024-02-02,600000.SH,6.63,6.69,30000000,199000000\n"
    "2024-02-05,600000.SH,5.97,6.63,41000000,273000000\n"
    "2024-02-02,688981.SH,40.35,40.20,1000,40350\n"
    "2024-02-05,688981.SH,40.35,40.35,0,0\n"
)


@pytest.fixture
def lake(tmp_path: Path, rongheng: Run) -> Path:
    """Return a lake with the bars of two shares."""
    (tmp_path / "bars.csv").write_text(BARS, encoding="utf-8")
    assert rongheng("import", tmp_path / "bars.csv", "--lake", tmp_path / "lake", "-q").code == 0
    return tmp_path / "lake"


def test_a_day_is_written_and_counted(rongheng: Run, lake: Path, tmp_path: Path) -> None:
    out = tmp_path / "day"
    ran = rongheng("day", "make", "--session", "2024-02-05", "--lake", lake, "--out", out, "--format", "json")
    assert ran.code == 0, ran.err
    rows = json.loads(ran.out)
    boards = {row["board"]: row for row in rows if "board" in row}
    assert [boards[name]["suspended"] for name in ("main", "star", "all")] == [0, 1, 1]
    assert boards["main"]["at_low_limit"] == 1  # 6.63 × 0.9 = 5.967, half up 5.97
    columns = {row["column"]: row["unknown"] for row in rows if "column" in row}
    assert columns["index_price_milli"] == 1
    assert (
        "no list of underlyings"
        in rongheng("day", "make", "--session", "2024-02-05", "--lake", lake, "--out", out, "--lang", "en").err
    )
    assert MarketDay.read(out).securities["price_milli"].to_list() == [5_970, 40_350]
    assert json.loads((out / "summary.json").read_text(encoding="utf-8"))["grade"] == "estimated"


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (["--session", "2024-02-04"], 2, "no trading day"),
        (["--session", "2024-02-06"], 4, "has no prices"),
        (["--session", "soon"], 2, "not a date"),
        (["--session", "2024-02-05", "--known-at", "2024-02-05 15:00"], 4, "known at 2024-02-05 15:00"),
    ],
)
def test_a_day_that_cannot_be_made_is_one_clear_error(
    rongheng: Run, lake: Path, tmp_path: Path, words: list[str], code: int, complaint: str
) -> None:
    ran = rongheng("day", "make", *words, "--lake", lake, "--out", tmp_path / "day")
    assert ran.code == code
    assert complaint in ran.err
    assert not (tmp_path / "day").exists()


def test_a_file_is_no_folder_for_a_day(rongheng: Run, lake: Path, tmp_path: Path) -> None:
    ran = rongheng("day", "make", "--session", "2024-02-05", "--lake", lake, "--out", tmp_path / "bars.csv")
    assert (ran.code, "is a file" in ran.err) == (2, True)


def test_traits_are_betas_and_moves_of_the_past(rongheng: Run, tmp_path: Path) -> None:
    """A bank that moves twice as far as the index for a year, and fell from 10.00 to 7.50 yuan in October 2018."""
    days = sessions_before(date(2024, 2, 5), 130)
    bars = [bar(day, "600000.SH", 10_000 + 200 * (place % 2), factor=1.0) for place, day in enumerate(days)]
    bars += [bar(day, "600000.SH", close, factor=1.0) for day, close in FALL_OF_2018]
    levels = [
        {"as_of": day, "index": "000001.SSE", "close": 3_000 * 1.01 ** (place % 2), "grade": "derived"}
        for place, day in enumerate(days)
    ]
    lake_of(tmp_path / "lake", {"security_bars": bars, "index_daily": levels})
    words = ("--session", "2024-02-05", "--lake", tmp_path / "lake", "--format", "json")
    ran = rongheng("day", "traits", *words, "--out", tmp_path / "traits.csv")
    assert ran.code == 0, ran.err
    known = {row["column"]: row["securities"] for row in json.loads(ran.out)}
    assert known == {"beta_bp": 1, "2018-09-28/2018-10-18": 1, "2023-12-29/2024-02-05": 1, "industry": 0}
    (row,) = csv.DictReader((tmp_path / "traits.csv").read_text(encoding="utf-8").splitlines())
    assert float(row["2018-09-28/2018-10-18"]) == -0.25
    assert float(row["beta"]) == pytest.approx(2, abs=0.01)
    ran = rongheng("day", "traits", "--session", "2024-02-04", "--lake", tmp_path / "lake", "--out", tmp_path / "t.csv")
    assert (ran.code, ran.out) == (2, "")
    assert "2024-02-04 is no trading day" in ran.err


FALL_OF_2018 = ((date(2018, 9, 28), 10_000), (date(2018, 10, 18), 7_500))
