"""The real files: every cell lands as the nearest double to what is printed, or stands in quarantine with its reason.

The expected values are read from the files with the standard library and scaled as exact fractions; the counts are
those that the files' own description and the exchanges' calendar give.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest

from rongheng.basics.batch import Batch
from rongheng.basics.calendar import calendar
from rongheng.basics.errors import SourceChangedError
from rongheng.market.sources import read_file

Columns = Mapping[str, tuple[str, int | Fraction]]

ACCOUNT: Columns = {
    "融资余额": ("financing_balance", 10**8),
    "融券余额": ("short_balance", 10**8),
    "融资买入额": ("financing_buys", 10**8),
    "融券卖出额": ("short_sales", 10**8),
    "证券公司数量": ("broker_count", 1),
    "营业部数量": ("branch_count", 1),
    "个人投资者数量": ("individual_count", 10**4),
    "机构投资者数量": ("institution_count", 1),
    "参与交易的投资者数量": ("active_count", 1),
    "有融资融券负债的投资者数量": ("indebted_count", 1),
    "担保物总价值": ("collateral_total", 10**8),
    "平均维持担保比例": ("maintenance_ratio", Fraction(1, 100)),
}
SUMMARY: Columns = {
    "融资-余额(元)": ("financing_balance", 1),
    "融资余额占流通市值比": ("financing_to_float_cap", Fraction(1, 100)),
    "融资买入额(元)": ("financing_buys", 1),
    "融资偿还额(元)": ("financing_repaid", 1),
    "融券余额(元)": ("short_balance", 1),
    "融券余量(股)": ("short_shares", 1),
    "融券卖出量(股)": ("short_sold_shares", 1),
    "融券偿还量(股)": ("short_returned_shares", 1),
    "融资融券余额(元)": ("margin_balance", 1),
}
BARS: Columns = {name: (name, 1) for name in ("open", "close", "high", "low", "amount")} | {
    "volume": ("volume_shares", 1)
}
CLIPPED = {"2018-11-3": "2018-11-30", "2018-12-1": "2018-12-10", "2018-12-2": "2018-12-20"}


def one(path: Path) -> Batch:
    (batch,) = read_file(path)
    return batch


def rows_of(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Give each row of a CSV file with its line, blank lines left out."""
    with path.open(encoding="utf-8", newline="") as stream:
        lines = csv.reader(stream)
        header = next(lines)
        for number, cells in enumerate(lines, start=2):
            if any(cells):
                yield number, dict(zip(header, cells, strict=True))


def check_every_cell(
    batch: Batch, rows: Sequence[tuple[int, dict[str, str]]], date_header: str, columns: Columns
) -> None:
    """Hold every cell of a file against its fact, exactly."""
    facts = {str(fact["as_of"]): fact for fact in batch.facts.iter_rows(named=True)}
    days = {number: CLIPPED.get(row[date_header], row[date_header]) for number, row in rows}
    aside = {(days[row], column) for row, column in batch.quarantine.select("row", "column").iter_rows()}
    seen = set()
    for number, row in rows:
        day = days[number]
        if (day, None) in aside:
            continue
        seen.add(day)
        for header, (name, scale) in columns.items():
            printed = row[header].strip()
            blank = printed in ("", "-") or (day, header) in aside
            expected = None if blank else float(Fraction(printed) * scale)
            assert facts[day][name] == expected, (number, header, printed)
    assert seen == facts.keys()


def sessions(first: date, last: date) -> int:
    return len(calendar().between(first, last))  # held against another source in its own tests


def test_the_account_statistics_land_whole_but_for_the_one_figure_that_was_not_updated(shared_data: Path) -> None:
    path = shared_data / "market/margin_account.csv"
    batch = one(path)
    check_every_cell(batch, list(rows_of(path)), "日期", ACCOUNT)
    assert batch.facts["as_of"].min() == date(2012, 9, 27)
    assert batch.facts["as_of"].max() == date(2025, 12, 31)
    expected = sessions(date(2012, 9, 27), date(2025, 12, 31))
    assert (batch.rows_read, batch.facts.height, batch.rows_repeated) == (expected, expected, 0)
    (left_out,) = batch.quarantine.to_dicts()
    assert left_out["column"] == "担保物总价值"
    assert json.loads(left_out["raw"])["日期"] == "2016-01-28"


def test_the_margin_history_lands_once_with_its_clipped_dates_mended(shared_data: Path) -> None:
    path = shared_data / "market/margin_history_2010_2018.csv"
    batch = one(path)
    rows = list(rows_of(path))
    check_every_cell(batch, rows, "交易日期", SUMMARY)
    distinct = {tuple(row.values()) for _, row in rows}
    assert (batch.rows_read, batch.facts.height) == (len(rows), len(distinct))
    assert batch.rows_repeated == len(rows) - len(distinct) > 2000
    assert batch.rows_quarantined == 0
    mended = batch.facts.filter(pl.col("note").is_not_null())["as_of"].dt.to_string("%F").to_list()
    assert mended == list(CLIPPED.values())
    missing = sessions(date(2010, 3, 31), date(2018, 12, 21)) - len(distinct)
    assert any(notice.count == missing == 2 and "2018-12-18" in notice.text.en for notice in batch.notices)
    assert batch.quarantine["found"].str.starts_with("-").to_list() == [True]  # shares returned cannot be negative


@pytest.mark.parametrize("name", ["sh000001", "sh000300", "sh000852", "sh000905", "sz399001"])
def test_bars_land_by_the_names_of_their_columns(shared_data: Path, name: str) -> None:
    path = shared_data / f"index/{name}.csv"
    batch = one(path)
    check_every_cell(batch, list(rows_of(path)), "date", BARS)
    blank = sum(not any(list(row.values())[1:]) for _, row in rows_of(path))
    assert batch.rows_quarantined == blank == (5 if name == "sz399001" else 0)
    cells = batch.quarantine.filter(pl.col("column").is_not_null())
    assert set(cells["column"]) <= {"open", "high", "low"}
    assert cells.height < 0.01 * batch.rows_read
    assert "turn" not in batch.stated


def test_the_year_that_a_file_lacks_is_told(shared_data: Path) -> None:
    batch = one(shared_data / "index/sh000852.csv")
    missing = sessions(date(2011, 1, 1), date(2011, 12, 31)) - 1  # one row of that year is there
    assert sum(day.year == 2011 for day in batch.facts["as_of"].to_list()) == 1
    assert any(notice.count == missing and "2011-01-04" in notice.text.en for notice in batch.notices)


@pytest.mark.parametrize("name", ["h00300", "h00905", "h00852"])
def test_a_phantom_close_on_a_holiday_is_set_aside(shared_data: Path, name: str) -> None:
    path = shared_data / f"index/{name}.csv"
    batch = one(path)
    check_every_cell(batch, list(rows_of(path)), "date", {"close": ("close", 1)})
    assert batch.quarantine["found"].to_list() == ["2018-06-18"]
    assert batch.facts.height == sessions(date(2005, 1, 4), date(2025, 12, 31))


def test_nested_records_land_with_their_amount_in_yuan(shared_data: Path) -> None:
    path = shared_data / "index/csi000985.json"
    batch = one(path)
    records = json.loads(path.read_bytes(), parse_float=Fraction)
    assert batch.facts.height == len(records) == sessions(date(2005, 1, 4), date(2025, 12, 31))
    assert batch.facts["close"].to_list() == [float(record["value"]) for record in records]
    assert batch.facts["amount"].to_list() == [float(record["meta"]["amount"] * 10**8) for record in records]
    assert batch.facts["high"].to_list() == [float(record["meta"]["high"]) for record in records]
    assert batch.quarantine.height == 0


def test_the_right_name_on_the_wrong_file_is_refused(shared_data: Path, tmp_path: Path) -> None:
    wrong = shutil.copy(shared_data / "index/sh000905.csv", tmp_path / "sh000300.csv")
    with pytest.raises(SourceChangedError, match=r"CSI 300.*6382\.98.*4200\.91.*csi500"):
        read_file(wrong)


def test_account_statistics_in_ten_thousands_are_refused(shared_data: Path, tmp_path: Path) -> None:
    lines = (shared_data / "market/margin_account.csv").read_text(encoding="utf-8").splitlines()
    wrong = tmp_path / "margin_account.csv"
    header, *rows = [line.split(",") for line in lines]
    scaled = [[row[0], str(Fraction(row[1]) * 10_000 // 1), *row[2:]] for row in rows]
    wrong.write_text("\n".join(",".join(row) for row in [header, *scaled]), encoding="utf-8")
    with pytest.raises(SourceChangedError, match="融资余额"):
        read_file(wrong)


@pytest.mark.parametrize("folder", ["market", "index"])
def test_every_file_of_the_folder_imports(shared_data: Path, folder: str) -> None:
    for path in sorted((shared_data / folder).iterdir()):
        batch = one(path)
        assert batch.facts.height > 2000, path.name
        assert batch.facts.height + batch.rows_repeated + batch.rows_quarantined == batch.rows_read
