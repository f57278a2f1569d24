"""A market day is read as it was written, and refuses what cannot be."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from rongheng.basics.errors import BookError, UsageError
from rongheng.basics.market_day import MarketDay

SESSION = date(2026, 1, 19)


def _frame(**changes: object) -> pl.DataFrame:
    columns: dict[str, object] = {
        "security": ["688001.SH", "600000.SH"],
        "board": ["star", "main"],
        "price_milli": [50_000, 10_120],
        "haircut_cap_bp": [6_500, 7_000],
    }
    return pl.DataFrame(columns | changes)


def test_securities_are_sorted_by_code_and_completed() -> None:
    day = MarketDay(SESSION, _frame())
    assert day.securities["security"].to_list() == ["600000.SH", "688001.SH"]
    assert day.securities["suspended"].to_list() == [False, False]
    assert day.securities["average_amount_milli"].null_count() == 2


def test_a_day_survives_its_folder(tmp_path: Path) -> None:
    day = MarketDay(SESSION, _frame(), indices=(("csi300", 3_812.5),))
    day.write(tmp_path / "日 1")
    again = MarketDay.read(tmp_path / "日 1")
    assert again.securities.equals(day.securities)
    assert (again.session, again.grade, again.indices) == (day.session, day.grade, day.indices)


def test_a_day_written_by_hand_as_csv_is_read(tmp_path: Path) -> None:
    (tmp_path / "day.json").write_text('{"format": 1, "session": "2026-01-19", "grade": "official"}', encoding="utf-8")
    (tmp_path / "securities.csv").write_text(
        "security,board,price_milli,haircut_cap_bp,suspended\n600000.SH,main,10120,7000,true\n", encoding="utf-8"
    )
    assert MarketDay.read(tmp_path).securities["suspended"].to_list() == [True]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"price_milli": [0, 1]}, "price outside"),
        ({"price_milli": [2**31, 1]}, "price outside"),
        ({"price_milli": [1.5, 1.0]}, "column price_milli: found '1.5', expected a whole number"),
        ({"price_milli": [None, 1]}, "found 'nothing'"),
        ({"security": ["A", "A"]}, "stand twice"),
        ({"haircut_cap_bp": [10_001, 0]}, "haircut cap"),
        ({"board": ["moon", "main"]}, "expected one of main, star"),
        ({"hair_cut_cap_bp": [0, 0]}, "Did you mean 'haircut_cap_bp'"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(BookError, match=message):
        MarketDay(SESSION, _frame(**changes))


def test_a_folder_that_is_no_day_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"day\.json is not there"):
        MarketDay.read(tmp_path)
    (tmp_path / "day.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BookError, match="expected format, session and grade"):
        MarketDay.read(tmp_path)
    (tmp_path / "day.json").write_text('{"format": 1, "session": "2026-01-19", "grade": "derived"}', encoding="utf-8")
    with pytest.raises(UsageError, match="write a day there"):
        MarketDay.read(tmp_path)
    (tmp_path / "securities.parquet").write_bytes(b"PAR1 but not really")
    with pytest.raises(BookError, match="cannot be read as a table"):
        MarketDay.read(tmp_path)
