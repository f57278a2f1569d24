"""What terminals and exchanges save under ``.xls``: old workbooks and HTML tables; and zip archives of text."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import xlwt

from rongheng.basics.batch import Batch
from rongheng.basics.errors import DataError, UsageError
from rongheng.market.sources import read_file

HEADER = ["日期", "担保物总价值(亿元)", "平均维持担保比例"]
FACTS = [(date(2024, 1, 2), 4_000_050_000_000.0, 2.501), (date(2024, 1, 3), 3_900_000_000_000.0, 2.4837)]
Cell = tuple[object, str]  # a value and Excel's format of it


def old_workbook(lines: list[list[object | Cell]], *, left: int = 0) -> bytes:
    """A workbook of Excel 97-2003 with one sheet, ``left`` columns from the edge."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("数据")
    for row, line in enumerate(lines):
        for column, cell in enumerate(line):
            value, style = cell if isinstance(cell, tuple) else (cell, "General")
            if value is not None:
                sheet.write(row, left + column, value, xlwt.easyxf(num_format_str=style))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def save(tmp_path: Path, name: str, data: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def facts(batches: list[Batch]) -> list[tuple[object, ...]]:
    return pl.concat([batch.facts for batch in batches]).select("as_of", "collateral_total", "maintenance_ratio").rows()


@pytest.mark.parametrize("left", [0, 2])
def test_old_workbooks_read_with_their_dates_and_per_cent_formats(tmp_path: Path, left: int) -> None:
    lines: list[list[object | Cell]] = [
        [*HEADER],
        [(date(2024, 1, 2), "yyyy/m/d"), 40000.5, (2.501, "0.00%")],
        ["2024-01-03", "39,000", "248.37%"],
    ]
    path = save(tmp_path, "a.xls", old_workbook(lines, left=left))
    assert facts(read_file(path)) == FACTS


def test_codes_of_old_workbooks_keep_their_zeros(tmp_path: Path) -> None:
    lines: list[list[object | Cell]] = [["日期", "证券代码", "融资余额(元)"], ["20240102", "000001", 5.0]]
    (batch,) = read_file(save(tmp_path, "a.xls", old_workbook(lines)))
    assert batch.facts.select("security", "financing_balance").rows() == [("000001.SZ", 5.0)]


@pytest.mark.parametrize("keep", [0.5, 0.9, 0.99])
def test_an_old_workbook_that_was_cut_short_is_refused(tmp_path: Path, keep: float) -> None:
    data = old_workbook([[*HEADER], *[["2024-01-02", 1.0, 2.0]] * 400])
    with pytest.raises(DataError, match=r"cut.xls"):
        read_file(save(tmp_path, "cut.xls", data[: int(len(data) * keep)]))


HTML = """<html><head><meta charset="gbk"><title>融资融券</title></head><body>
<table><tr><th>日期<th>担保物总价值<br>(亿元)</th><th>平均维持担保比例(%)</th></tr>
<tr><td>2024-01-02</td><td align=right>40,000.5</td><td>250.1</td></tr>
<tr><td>2024-01-03</td><td><table><tr><td>39000</td></tr></table></td><td>&nbsp;248.37</td></tr></table></body></html>"""


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-8-sig"])
def test_a_table_of_html_named_xls_reads(tmp_path: Path, encoding: str) -> None:
    assert facts(read_file(save(tmp_path, "a.xls", HTML.encode(encoding)))) == FACTS


def test_a_header_over_several_columns_keeps_the_columns_apart(tmp_path: Path) -> None:
    page = "<table><tr><td colspan=2>融资融券统计</td></tr><tr><td>日期</td><td>平均维持担保比例(%)</td></tr>"
    page += "<tr><td>2024-01-02</td><td>250.1</td></tr></table>"
    (batch,) = read_file(save(tmp_path, "a.xls", page.encode()))
    assert batch.facts["maintenance_ratio"].to_list() == [2.501]


@pytest.mark.parametrize(
    "page", ["<html><title>验证</title></html>", "<table><tr><td>无数据</td></tr></table>", "<?xml?>"]
)
def test_a_page_without_a_table_is_refused(tmp_path: Path, page: str) -> None:
    with pytest.raises(DataError, match="page"):
        read_file(save(tmp_path, "a.xls", page.encode()))


# --- the publishers' own files of a day ------------------------------------------------------------------------------

SSE_SUMMARY = [
    [
        "本日融资余额(元)",
        "本日融资买入额(元)",
        "本日融券余量",
        "本日融券余量金额(元)",
        "本日融券卖出量",
        "本日融资融券余额(元)",
    ],
    ["900000000000", "50000000000", "2000000", "30000000", "1000", "900030000000"],
]
SSE_DETAILS = [
    [
        "标的证券代码",
        "标的证券简称",
        "本日融资余额(元)",
        "本日融资买入额(元)",
        "本日融资偿还额(元)",
        "本日融券余量",
        "本日融券卖出量",
        "本日融券偿还量",
    ],
    ["510300", "某基金", "5000000000", "1000000", "2000000", "300", "20", "10"],
    ["600000", "某银行", "3000000000", "100", "200", "30", "2", "1"],
]


def sse_file() -> bytes:
    book = xlwt.Workbook()
    for name, lines in (("汇总信息", SSE_SUMMARY), ("明细信息", SSE_DETAILS)):
        sheet = book.add_sheet(name)
        for row, line in enumerate(lines):
            for column, cell in enumerate(line):
                sheet.write(row, column, cell)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_shanghais_file_of_a_day_has_its_date_in_its_name(tmp_path: Path) -> None:
    summary, details = read_file(save(tmp_path, "rzrqjygk20240105.xls", sse_file()))
    assert summary.facts.select("as_of", "market", "financing_balance", "short_balance").rows() == [
        (date(2024, 1, 5), "SSE", 9e11, 3e7)
    ]
    assert details.facts.select("as_of", "security", "financing_repaid", "short_shares").rows() == [
        (date(2024, 1, 5), "510300.SH", 2e6, 300.0),
        (date(2024, 1, 5), "600000.SH", 200.0, 30.0),
    ]
    assert "taken as of 2024-01-05" in details.notices[0].text.en


def test_a_file_of_a_day_that_nothing_names_asks_for_the_day(tmp_path: Path) -> None:
    path = save(tmp_path, "details.xls", sse_file())
    with pytest.raises(UsageError, match="--date"):
        read_file(path)
    assert read_file(path, day=date(2024, 1, 8))[1].facts["as_of"].unique().to_list() == [date(2024, 1, 8)]


def test_the_same_file_of_two_days_is_two_imports(tmp_path: Path) -> None:
    path = save(tmp_path, "details.xls", sse_file())
    days = [date(2024, 1, 8), date(2024, 1, 9)]
    assert len({read_file(path, day=day)[0].options for day in days}) == 2


CSF: list[list[str | None]] = [
    ["融资融券市场每日数据统计", None, None, None],
    ["统计日期：2024年1月5日", None, None, None],
    ["序号", "项目", "单位", "数值"],
    ["一", "余额", None, None],
    ["1", "融资余额", "亿元", "15000.25"],
    ["2", "融券余额", "亿元", "700.5"],
    ["二", "投资者", None, None],
    ["3", "个人投资者数量", "名", "6,900,000"],
    ["4", "机构投资者数量", "家", "47000"],
    ["三", "担保物", None, None],
    ["5", "可充抵保证金证券市值", "亿元", "38000"],
    ["6", "担保资金", "亿元", "2000"],
    ["7", "担保物总价值", "亿元", "40000"],
    ["8", "平均维持担保比例", "%", "250.1"],
    ["9", "某新指标", "亿元", "1.5"],
]


def test_csfs_file_stands_on_its_side_and_says_its_day_in_its_title(tmp_path: Path) -> None:
    (batch,) = read_file(save(tmp_path, "a.xls", old_workbook([[*line] for line in CSF])))
    row = batch.facts.row(0, named=True)
    assert row["as_of"] == date(2024, 1, 5)
    assert (row["financing_balance"], row["individual_count"]) == (1_500_025_000_000, 6_900_000)
    assert (row["collateral_cash"], row["collateral_securities"]) == (2e11, 3.8e12)
    assert row["maintenance_ratio"] == 2.501
    assert any("某新指标" in notice.text.en for notice in batch.notices)


def test_a_split_that_does_not_add_up_is_set_aside_in_csfs_file_too(tmp_path: Path) -> None:
    lines = [[cell if cell != "2000" else "3000" for cell in line] for line in CSF]
    (batch,) = read_file(save(tmp_path, "a.xls", old_workbook([[*line] for line in lines])))
    assert sorted(batch.quarantine["column"]) == ["可充抵保证金证券市值(亿元)", "担保资金(亿元)"]
    assert batch.facts["collateral_total"].to_list() == [4e12]


# --- futures: GBK text, alone or a month in a zip archive ------------------------------------------------------------

CFFEX = (
    "合约代码,今开盘,最高价,最低价,成交量,成交金额,持仓量,持仓变化,今收盘,今结算,前结算,涨跌1,涨跌2,Delta\n"
    "IF2401  ,3410.0,3442.0,3388.0,53653,5484659.652,100000,-10,3400.0,3401.2,3409.6,-9.6,-8.4,--\n"
    "IM2402  ,,,,0,0.000,12,0,5800.0,5795.4,5790.0,10,5.4,--\n"
    "小计,,,,53653,5484659.652,100012,,,,,,,\n"
    "IO2401-C-3400,60,61,59,100,10.0,100,1,60.2,60.4,61,1,1,0.5\n"
    "合计,,,,53753,5484669.652,100112,,,,,,,\n"
)


def test_a_day_of_futures_reads_without_options_and_subtotals(tmp_path: Path) -> None:
    (batch,) = read_file(save(tmp_path, "20240105_1.csv", CFFEX.encode("gb18030")))
    assert batch.rows_read == 2
    assert batch.facts.select("as_of", "contract", "settlement", "volume_lots", "amount").rows() == [
        (date(2024, 1, 5), "IF2401", 3401.2, 53653, 54_846_596_520.0),  # 5,484,659.652 万元
        (date(2024, 1, 5), "IM2402", 5795.4, 0, 0.0),
    ]
    assert batch.facts["open"].to_list() == [3410.0, None]
    assert any("left out: 3" in notice.text.en for notice in batch.notices)


def archive(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as found:
        for name, data in files.items():
            found.writestr(name, data)
    return out.getvalue()


def test_a_month_of_futures_is_a_zip_archive_of_days(tmp_path: Path) -> None:
    data = archive({f"202401{day}_1.csv": CFFEX.encode("gb18030") for day in ("05", "08")})
    batches = read_file(save(tmp_path, "202401.zip", data))
    assert [batch.facts["as_of"][0] for batch in batches] == [date(2024, 1, 5), date(2024, 1, 8)]
    assert len({batch.options for batch in batches}) == 2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: archive({"20240105_1.csv": CFFEX.encode("gb18030")})[:-30], "cannot be read"),
        (lambda: archive({}), "without a file"),
        (lambda: archive({"../20240105_1.csv": b"a"}), "leads out"),
        (lambda: archive({"a.zip": archive({"20240105_1.csv": b"x,y"})}), "inside an archive"),
    ],
    ids=["cut short", "nothing inside", "a name that leads out", "an archive inside"],
)
def test_archives_that_are_none_are_refused(tmp_path: Path, make: Callable[[], bytes], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_file(save(tmp_path, "a.zip", make()))
