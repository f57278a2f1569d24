"""Lists as brokers and exchanges publish them, in CSV of two encodings and in xlsx; what is wrong is refused."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from rongheng.basics.errors import DataError, SourceChangedError, UsageError
from rongheng.desk.broker_lists import read_broker_lists, read_exchange_lists, split_name
from rongheng.desk.pool_files import read_pool_file
from rongheng.market.pools.tables import BROKER_LIST, EXCHANGE_LIST, MONITOR, SECURITIES, STATIC_PE

HEADER = ["证券代码", "证券简称", "折算率(%)", "集中度分类"]
ROWS: list[list[Any]] = [["600000.SH", "甲", 70, "A"], ["000001.SZ", "乙", 65, "B类"], ["920001.BJ", "丙", 30, ""]]


def write_csv(path: Path, *rows: list[Any], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def write_xlsx(path: Path, **sheets: list[list[Any]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row)
    return path


def haircuts(path: Path) -> list[tuple[str, int | None]]:
    rows = read_pool_file(path, BROKER_LIST).rows
    return rows.select("security", "haircut_bp").rows()


EXPECTED = [("600000.SH", 7_000), ("000001.SZ", 6_500), ("920001.BJ", 3_000)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_list_is_the_same_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    read = read_pool_file(write_csv(tmp_path / "a.csv", HEADER, *ROWS, encoding=encoding), BROKER_LIST)
    assert read.rows.select("security", "haircut_bp").rows() == EXPECTED
    assert read.rows["name"].to_list() == ["甲", "乙", "丙"]
    assert read.rows["concentration_class"].to_list() == ["A", "B", None]
    assert read.rows["row"].to_list() == [2, 3, 4]


def test_and_in_a_workbook_also_over_several_sheets(tmp_path: Path) -> None:
    whole = write_xlsx(tmp_path / "a.xlsx", 名单=[HEADER, *ROWS])
    assert haircuts(whole) == EXPECTED
    parts = write_xlsx(tmp_path / "b.xlsx", 沪市=[HEADER, ROWS[0]], 深市=[HEADER, ROWS[1]], 北交所=[HEADER, ROWS[2]])
    assert haircuts(parts) == EXPECTED


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("折算率(%)", ["70", "65", "30"]),
        ("折算率（％）", ["70.00", "65.0", "30"]),
        ("折算率", ["0.7", "0.65", "0.30"]),
        ("折算率", ["70%", "65.00%", "30 %"]),
        ("haircut", ["70%", "0.65", "30％"]),
    ],
)
def test_percentages_are_read_as_they_are_written(tmp_path: Path, header: str, cells: list[str]) -> None:
    rows = [[row[0], cell] for row, cell in zip(ROWS, cells, strict=True)]
    assert haircuts(write_csv(tmp_path / "a.csv", ["证券代码", header], *rows)) == EXPECTED


def test_a_percent_format_of_excel_is_a_unit(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet, percent = book.add_worksheet(), book.add_format({"num_format": "0.00%"})
        sheet.write_row(0, 0, ["证券代码", "折算率"])
        sheet.write(1, 0, "600000.SH")
        sheet.write(1, 1, 0.65, percent)
    assert haircuts(path) == [("600000.SH", 6_500)]


@pytest.mark.parametrize(
    ("code", "market", "expected"),
    [
        ("600000", None, "600000.SH"),
        ("000001", None, "000001.SZ"),
        ("301001", None, "301001.SZ"),
        ("688001", None, "688001.SH"),
        ("920001", None, "920001.BJ"),
        ("sh600000", None, "600000.SH"),
        ("SZ.000001", None, "000001.SZ"),
        ("600000.SS", None, "600000.SH"),
        ("600000.XSHG", None, "600000.SH"),
        ('="000001"', None, "000001.SZ"),
        ("019547", "沪市", "019547.SH"),
        ("000001", "深圳", "000001.SZ"),
        ("000012", "上交所", "000012.SH"),
        ("430001", "北交所", "430001.BJ"),
    ],
)
def test_codes_as_they_are_published(tmp_path: Path, code: str, market: str | None, expected: str) -> None:
    header, row = ["代码", "折算率(%)"], [code, 65]
    if market is not None:
        header, row = [*header, "市场"], [*row, market]
    assert haircuts(write_csv(tmp_path / "a.csv", header, row)) == [(expected, 6_500)]


@pytest.mark.parametrize(
    ("code", "market"),
    [("019547", None), ("1", None), ("60000", None), ("600000", "纽约"), ("600000.SH", "深市"), ("ABC", None)],
)
def test_a_code_whose_exchange_is_not_known_is_refused_with_its_row(
    tmp_path: Path, code: str, market: str | None
) -> None:
    header, row = ["代码", "简称", "折算率(%)"], [code, "甲", 65]
    if market is not None:
        header, row = [*header, "市场"], [*row, market]
    with pytest.raises(DataError, match=r"a\.csv, row 2: 证券代码 .* expected a code such as 600000.SH"):
        read_pool_file(write_csv(tmp_path / "a.csv", header, row), BROKER_LIST)


@pytest.mark.parametrize(
    ("header", "cell", "expected"),
    [
        ("折算率(%)", "120", r"row 2: haircut_bp of 600000.SH is 120 %. Expected 0 % to 100 %"),
        ("折算率", "1.2", r"is 120 %. Expected 0 % to 100 %"),
        ("折算率", "70", r"is 7000 %.*a column in percent says so in its header, 折算率\(%\)"),
        ("折算率(%)", "-5", r"is -5 %"),
        ("折算率(%)", "0.7", r"row 2: 折算率 \(haircut_bp\) is '0.7'; expected .*in fractions, not in %"),
        ("折算率(%)", "65.123", r"at most two decimals of a percent"),
        ("折算率(%)", "sixty", r"row 2: 折算率 \(haircut_bp\) is 'sixty'; expected a percentage such as 65% or 0.65"),
    ],
)
def test_a_haircut_that_cannot_be_is_refused_with_its_row(
    tmp_path: Path, header: str, cell: str, expected: str
) -> None:
    with pytest.raises(DataError, match=expected):
        haircuts(write_csv(tmp_path / "a.csv", ["证券代码", header], ["600000.SH", cell]))


def test_a_code_that_stands_twice_is_refused_with_both_rows(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", HEADER, *ROWS, ["600000.SH", "甲", 65, "A"])
    with pytest.raises(DataError, match=r"a\.csv, rows 2, 5: 600000\.SH stands 2 times; expected once.*delete"):
        read_pool_file(path, BROKER_LIST)


def test_a_sheet_is_named_in_the_message(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", 沪市=[HEADER, ROWS[0], ROWS[0]])
    with pytest.raises(DataError, match=r"a\.xlsx, sheet '沪市', rows 2, 3"):
        read_pool_file(path, BROKER_LIST)


def test_a_title_over_the_header_and_remarks_under_the_table_are_left_out(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "a.csv",
        ["可充抵保证金证券名单", "", "", ""],
        [],
        HEADER,
        *ROWS,
        [],
        ["注：以公司公布为准", "", "", ""],
    )
    read = read_pool_file(path, BROKER_LIST)
    assert read.rows.select("security", "haircut_bp").rows() == EXPECTED
    assert any("1 rows of remarks" in note.en for note in read.notes)


def test_a_row_without_a_code_among_the_others_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", HEADER, *ROWS, ["", "丁", 65, "A"])
    with pytest.raises(DataError, match="row 5: security is empty"):
        read_pool_file(path, BROKER_LIST)


def test_columns_that_nobody_asks_for_are_told(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", ["序号", *HEADER], *([n, *row] for n, row in enumerate(ROWS)))
    assert any("序号" in note.en for note in read_pool_file(path, BROKER_LIST).notes)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (["证券代码", "折算率", "保证金折算率"], "both mean haircut_bp"),
        (["security", "haircuts"], "Did you mean 'haircut_bp'"),
        (["名称", "折算率"], "no header row"),
        (["证券代码", "折算率(亿元)"], "cannot measure"),
    ],
)
def test_a_header_that_cannot_be_understood_is_refused(tmp_path: Path, header: list[str], expected: str) -> None:
    with pytest.raises(SourceChangedError, match=expected):
        read_pool_file(write_csv(tmp_path / "a.csv", header, ["600000.SH", "0.65", "0.65"][: len(header)]), BROKER_LIST)


def test_an_amount_without_a_unit_is_refused_unless_the_header_is_our_own(tmp_path: Path) -> None:
    with pytest.raises(SourceChangedError, match=r"'流通市值' does not say its unit.*流通市值\(亿元\)"):
        read_pool_file(write_csv(tmp_path / "a.csv", ["证券代码", "流通市值"], ["600000.SH", "5"]), SECURITIES)
    for header, cell in (("流通市值(亿元)", "5"), ("float_cap", "500000000"), ("流通市值（万元）", "50,000")):
        read = read_pool_file(write_csv(tmp_path / "b.csv", ["证券代码", header], ["600000.SH", cell]), SECURITIES)
        assert read.rows["float_cap"].to_list() == [5e8]


def test_every_kind_of_cell_is_read(tmp_path: Path) -> None:
    header = [
        "证券代码",
        "证券类别",
        "上市日期",
        "是否ST",
        "股东户数",
        "日均换手率(%)",
        "流通股本(万股)",
        "静态市盈率",
        "板块",
    ]
    path = write_csv(
        tmp_path / "a.csv",
        header,
        ["600000", "A股", "1999/11/10", "否", "100,000", "0.15", "10000", "-6.5", "主板"],
        ["510300.SH", "ETF", "", "--", "", "—", "", "", ""],
    )
    share, fund = (
        read_pool_file(path, SECURITIES)
        .rows.select(
            "kind", "listing_date", "risk_warned", "holders", "turnover_rate", "float_shares", "static_pe", "board"
        )
        .rows()
    )
    assert [str(value) for value in share] == [
        "share",
        "1999-11-10",
        "False",
        "100000",
        "0.0015",
        "100000000.0",
        "-6.5",
        "main",
    ]
    assert fund == ("etf", *[None] * 7)


@pytest.mark.parametrize(
    ("header", "cell", "expected"),
    [
        ("上市日期", "soon", "a date such as 2025-03-21"),
        ("是否ST", "也许", "是 or 否"),
        ("股东户数", "1.5", "a whole number"),
        ("证券类别", "股", "one of share, etf"),
        ("静态市盈率", "high", "a number"),
    ],
)
def test_a_cell_that_cannot_be_read_is_refused(tmp_path: Path, header: str, cell: str, expected: str) -> None:
    with pytest.raises(DataError, match=rf"row 2: .* is '{cell}'; expected {expected}"):
        read_pool_file(write_csv(tmp_path / "a.csv", ["证券代码", header], ["600000.SH", cell]), SECURITIES)


def test_many_bad_cells_are_counted_and_the_first_shown(tmp_path: Path) -> None:
    rows = [[f"60{number:04d}", "x"] for number in range(9)]
    with pytest.raises(DataError, match=r"row 2.*row 3.*row 4.*9 cells in all"):
        read_pool_file(write_csv(tmp_path / "a.csv", ["证券代码", "股东户数"], *rows), SECURITIES)


def test_a_history_has_one_row_for_each_security_and_session(tmp_path: Path) -> None:
    rows = [["600000", "2025-03-14", "6.5"], ["600000", "2025-03-21", "--"], ["000001", "20250314", "5"]]
    path = write_csv(tmp_path / "pe.csv", ["证券代码", "日期", "静态市盈率"], *rows)
    assert read_pool_file(path, STATIC_PE).rows["static_pe"].to_list() == [6.5, None, 5.0]
    twice = write_csv(tmp_path / "pe.csv", ["证券代码", "日期", "静态市盈率"], *rows, rows[0])
    with pytest.raises(DataError, match=r"rows 2, 5: 600000.SH on 2025-03-14 stands 2 times"):
        read_pool_file(twice, STATIC_PE)


def test_a_p_e_over_twelve_months_is_not_taken_for_the_static_one(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "pe.csv", ["证券代码", "日期", "pe_ttm"], ["600000", "2025-03-14", "6.5"])
    read = read_pool_file(path, STATIC_PE)
    assert read.rows["static_pe"].to_list() == [None]
    assert any("pe_ttm" in note.en for note in read.notes)


def test_monitoring_figures_are_read_in_their_units(tmp_path: Path) -> None:
    header = [
        "证券代码",
        "交易日",
        "融资余额(亿元)",
        "信用账户持有市值(亿元)",
        "流通市值(亿元)",
        "融券余量(万股)",
        "上市可流通量(亿股)",
    ]
    path = write_csv(tmp_path / "m.csv", header, ["600000", "2025-03-14", "25", "30", "100", "1.5", "0.1"])
    (row,) = read_pool_file(path, MONITOR).rows.drop("row", "security", "session", "kind").rows()
    assert row == (2.5e9, 3e9, 1e10, 15_000.0, 1e7)


def test_files_of_one_broker_are_one_list(tmp_path: Path) -> None:
    collateral = write_csv(tmp_path / "a-collateral.csv", HEADER, *ROWS)
    traded = write_csv(
        tmp_path / "a-traded.csv", ["证券代码", "融资标的", "融券标的"], ["600000", "是", "否"], ["300750", "Y", "Y"]
    )
    other = write_csv(tmp_path / "b.csv", ["证券代码", "折算率(%)"], ["600000", 65])
    lists, _ = read_broker_lists([f"甲证券={collateral}", str(other), f"甲证券={traded}"])
    assert [one.broker for one in lists] == ["甲证券", "b"]
    first = lists[0].rows.sort("security").select("security", "haircut_bp", "financing", "short").rows()
    assert first == [
        ("000001.SZ", 6_500, False, False),
        ("300750.SZ", None, True, True),
        ("600000.SH", 7_000, True, False),
        ("920001.BJ", 3_000, False, False),
    ]


def test_files_of_one_broker_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    one = write_csv(tmp_path / "one.csv", HEADER, *ROWS)
    other = write_csv(tmp_path / "other.csv", ["证券代码", "折算率(%)"], ["600000", 65])
    with pytest.raises(DataError, match=r"one\.csv, row 2: 70 %; other\.csv, row 2: 65 %"):
        read_broker_lists([f"A={one}", f"A={other}"])


def test_a_list_that_tells_nothing_of_a_broker_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", ["证券代码", "证券简称"], ["600000", "甲"])
    with pytest.raises(SourceChangedError, match="neither haircuts nor underlyings"):
        read_broker_lists([str(path)])


def test_the_exchanges_lists_are_joined(tmp_path: Path) -> None:
    collateral = write_csv(tmp_path / "c.csv", ["证券代码", "证券简称"], ["600000", "甲"], ["000001", "乙"])
    traded = write_csv(
        tmp_path / "u.csv", ["证券代码", "融资标的", "融券标的", "当日可融资"], ["600000", "Y", "N", "Y"]
    )
    listed, notes = read_exchange_lists([collateral, traded])
    assert listed.select("security", "collateral", "financing", "short").rows() == [
        ("600000.SH", True, True, False),
        ("000001.SZ", True, None, None),
    ]
    assert any("当日可融资" in note.zh for note in notes)
    assert read_pool_file(traded, EXCHANGE_LIST).rows["collateral"].to_list() == [None]


@pytest.mark.parametrize("words", ["=a.csv", "A=", " =a.csv"])
def test_a_name_without_a_file_or_a_file_without_a_name_is_refused(words: str) -> None:
    with pytest.raises(UsageError, match="BROKER=FILE"):
        split_name(words)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"There is no file .*none\.csv"):
        read_pool_file(tmp_path / "none.csv", BROKER_LIST)
    with pytest.raises(UsageError, match="is a folder"):
        read_pool_file(tmp_path, BROKER_LIST)


def test_a_frame_of_json_records_is_a_list_too(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    pl.DataFrame({"security": ["600000.SH"], "haircut_bp": ["65%"]}).write_json(path)
    assert haircuts(path) == [("600000.SH", 6_500)]
