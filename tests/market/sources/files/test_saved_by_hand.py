"""Files that exchanges and index companies print, as a reader saves them; and rows and units that people add."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import openpyxl
import pytest
import xlwt

from rongheng.basics.errors import DataError, SourceChangedError, UsageError
from rongheng.market.sources import read_file
from tests.market.sources.files.conftest import Reader

DAY = date(2024, 1, 5)


def old_workbook(**sheets: Sequence[Sequence[object]]) -> bytes:
    """A workbook of Excel 97-2003; numbers stay numbers."""
    book = xlwt.Workbook(encoding="utf-8")
    for name, lines in sheets.items():
        sheet = book.add_sheet(name)
        for row, line in enumerate(lines):
            for column, cell in enumerate(line):
                sheet.write(row, column, cell)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


CONSTITUENTS = [
    "日期Date",
    "指数代码Index Code",
    "指数名称Index Name",
    "指数英文名称Index Name(Eng)",
    "成分券代码Constituent Code",
    "成分券名称Constituent Name",
    "成分券英文名称Constituent Name(Eng)",
    "交易所Exchange",
    "交易所英文名称Exchange(Eng)",
]
SHANGHAI = ["上海证券交易所", "Shanghai Stock Exchange"]
SHENZHEN = ["深圳证券交易所", "Shenzhen Stock Exchange"]


@pytest.mark.parametrize(("index", "first"), [("000300", "000001"), (300, 1)])  # the second lost its zeros
def test_members_of_an_index_read_as_its_company_prints_them(read: Reader, index: object, first: object) -> None:
    about = ["20240105", index, "沪深300", "CSI 300"]
    lines: list[list[object]] = [
        [*CONSTITUENTS, "权重(%)weight"],
        [*about, first, "平安银行", "Ping An Bank", *SHENZHEN, 1.25],
        [*about, "600000" if first == "000001" else 600000, "浦发银行", "SPDB", *SHANGHAI, 98.75],
    ]
    batch = read(old_workbook(Sheet1=lines), name="000300closeweight.xls")
    assert batch.facts.select("as_of", "index", "security", "is_member", "weight").rows() == [
        (DAY, "000300.CSI", "000001.SZ", True, 0.0125),
        (DAY, "000300.CSI", "600000.SH", True, 0.9875),
    ]
    plain = read(old_workbook(Sheet1=[line[:9] for line in lines]), name="000300cons.xls")
    assert plain.facts["is_member"].to_list() == [True, True]
    assert "weight" not in plain.facts.columns


def test_bars_of_an_index_read_as_its_company_prints_them(read: Reader) -> None:
    header = ["日期Date", "指数代码Index Code", "指数中文简称Index Chinese Name", "开盘Open", "最高High", "最低Low"]
    header += [
        "收盘Close",
        "涨跌Change",
        "涨跌幅(%)Change(%)",
        "成交量（万手）Volume(M Shares)",
        "成交金额（亿元）Turnover",
    ]
    bar = ["20240105", "000300", "沪深300", 3350.5, 3370.25, 3320.0, 3329.11, -1.5, -0.5, 11015.15, 1900.15]
    batch = read(old_workbook(s=[header, bar]), name="perf.xls")
    assert batch.facts.select("index", "close", "volume_shares", "amount").rows() == [
        ("000300.CSI", 3329.11, 11_015_150_000.0, 190_015_000_000.0)
    ]


def test_shanghais_own_file_reads_with_its_day_in_a_column(tmp_path: Path) -> None:
    whole = ["信用交易日期", "本日融资余额(元)", "本日融资买入额(元)", "本日融券余量", "本日融券余量金额(元)"]
    whole += ["本日融券卖出量", "本日融资融券余额(元)"]
    each = ["信用交易日期", "标的证券代码", "标的证券简称", "融资余额(元)", "融资买入额(元)", "融资偿还额(元)"]
    each += ["融券余量", "融券卖出量", "融券偿还量"]
    data = old_workbook(
        汇总信息=[whole, ["20240105", 8_000_000_000, 5, 6, 7, 8, 8_000_000_007]],
        明细信息=[each, ["20240105", "600000", "浦发银行", 1_000_000, 2, 3, 4, 5, 6]],
    )
    (tmp_path / "rzrqjygk20240105.xls").write_bytes(data)
    summary, detail = read_file(tmp_path / "rzrqjygk20240105.xls")
    assert summary.facts.select("market", "short_shares", "margin_balance").rows() == [("SSE", 6.0, 8_000_000_007.0)]
    assert detail.facts.select("security", "financing_repaid", "short_returned_shares").rows() == [
        ("600000.SH", 3.0, 6.0)
    ]


def test_shenzhens_own_summary_names_its_market_by_its_title(read: Reader) -> None:
    header = (
        "融资买入额(亿元),融资余额(亿元),融券卖出量(亿股/亿份),融券余量(亿股/亿份),融券余额(亿元),融资融券余额(亿元)"
    )
    batch = read(f'{header}\n456.12,"7,654.32",1.23,12.34,234.56,"7,888.88"\n', name="融资融券交易总量_2024-01-05.csv")
    assert batch.facts.select("as_of", "market", "financing_balance", "short_shares").rows() == [
        (DAY, "SZSE", 765_432_000_000.0, 1_234_000_000.0)
    ]


def test_a_share_of_another_exchange_keeps_its_own_exchange_under_headers_that_two_share(read: Reader) -> None:
    header = "证券代码,证券简称,融资买入额(元),融资余额(元),融券卖出量(股),融券余量(股),融券余额(元),融资融券余额(元)"
    batch = read(f"{header}\n920002,万达轴承,1,1000000,0,1,5,1000005\n000001,平安银行,1,9,0,1,5,14\n", day=DAY)
    assert batch.facts["security"].to_list() == ["000001.SZ", "920002.BJ"]


@pytest.mark.parametrize("name", ["上交所融资融券余额.csv", "沪市两融.csv"])
def test_the_files_name_says_the_market_of_balances(read: Reader, name: str) -> None:
    batch = read("日期,融资余额(亿元),融券余额(亿元)\n2024-01-05,8300.5,1.5\n", name=name)
    assert batch.facts.select("market", "financing_balance").rows() == [("SSE", 830_050_000_000.0)]
    assert any("SSE" in notice.text.en for notice in batch.notices)


@pytest.mark.parametrize("above", ["代码,000300.SH\n", "000300.SH 沪深300 日行情\n", "证券名称,沪深300\n"])
def test_a_line_above_the_header_says_which_index_the_levels_are_of(read: Reader, above: str) -> None:
    batch = read(f"{above}日期,开盘价,收盘价\n2024-01-05,3350.5,3329.11\n")
    assert batch.facts.select("index", "close").rows() == [("000300.CSI", 3329.11)]


def test_totals_and_averages_are_left_out_and_reported_wherever_they_stand(read: Reader) -> None:
    rows = "2024-01-04,上交所,1\n小计,,1\n2024-01-05,上交所,2\n2024-01-05,合计,2\n,平均,1.5\n数据来源：某终端\n"
    batch = read(f"日期,交易所,融资余额(亿元)\n{rows}")
    assert batch.facts["financing_balance"].to_list() == [1e8, 2e8]
    assert batch.quarantine.height == 0
    assert batch.rows_read == 2
    assert any("left out: 3 (from line 3)" in notice.text.en for notice in batch.notices)


def test_a_header_that_is_repeated_between_pages_is_no_row(read: Reader) -> None:
    batch = read("日期,收盘\n2024-01-04,3000\n日期,收盘\n2024-01-05,3001\n", index="csi300-tr")
    assert batch.facts.height == 2
    assert batch.quarantine.height == 0
    assert any("the header again" in notice.text.en for notice in batch.notices)


@pytest.mark.parametrize(
    "content",
    [
        "日期,担保物总价值(亿元)\n单位,万元\n2024-01-05,46000.5\n",
        "单位：万元\n日期,担保物总价值(亿元)\n2024-01-05,46000.5\n",
    ],
)
def test_two_units_for_a_column_are_refused_until_the_caller_says_which(read: Reader, content: str) -> None:
    with pytest.raises(SourceChangedError, match=r"亿元 and 万元.*--unit '担保物总价值\(亿元\)=亿元'"):
        read(content)
    batch = read(content, unit="担保物总价值(亿元)=亿元")
    assert batch.facts["collateral_total"].to_list() == [4_600_050_000_000.0]
    with pytest.raises(UsageError, match="--unit says 千元"):
        read(content, unit="担保物总价值(亿元)=千元")


def test_a_line_of_units_yields_to_a_header_where_another_column_needs_it(read: Reader) -> None:
    batch = read("单位：万元\n日期,担保物总价值(亿元),担保资金\n2024-01-05,46000.5,123\n")
    assert batch.facts.select("collateral_total", "collateral_cash").rows() == [(4_600_050_000_000.0, 1_230_000.0)]


def test_multiples_are_a_unit_of_a_ratio(read: Reader) -> None:
    assert read("日期,平均维持担保比例(倍)\n2024-01-05,2.8158\n").facts["maintenance_ratio"].to_list() == [2.8158]


def test_prices_of_securities_under_a_plain_code_are_no_levels_of_an_index(read: Reader) -> None:
    batch = read("代码,日期,收盘价(元),涨跌幅(%)\nsh600000,2024-01-05,10.11,1.2\nsz000001,2024-01-05,9.5,0.1\n")
    assert batch.table.name == "security_bars"
    assert batch.facts.select("security", "close_milli").rows() == [("000001.SZ", 9500), ("600000.SH", 10110)]


def test_lots_of_a_contract_are_counted_not_made_shares(read: Reader) -> None:
    header = "合约代码,日期,收盘价,结算价,成交量(手),持仓量(手)"
    batch = read(f"{header}\nIF2401.CFE,2024-01-05,3330,3331,50000,100000\n")
    assert batch.facts.select("contract", "volume_lots", "open_interest_lots").rows() == [("IF2401", 50000, 100000)]


def test_a_funds_name_beside_its_value_says_nothing_of_an_index(read: Reader) -> None:
    batch = read("基金代码,基金名称,净值日期,单位净值(元)\n510300,某基金,2024-01-05,3.4567\n")
    assert (batch.table.name, batch.facts["nav"].to_list()) == ("etf_nav", [3.4567])


def test_what_an_operating_system_adds_to_an_archive_is_passed_over(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "days.zip", "w") as archive:
        archive.writestr("a.csv", "日期,担保物总价值(亿元)\n2024-01-05,46000.5\n")
        archive.writestr("__MACOSX/._a.csv", b"\x00\x05\x16\x07")
        archive.writestr("说明.txt", "请勿外传。\n")
    (batch,) = read_file(tmp_path / "days.zip")
    assert batch.facts.height == 1


@pytest.mark.parametrize(("shown", "weight"), [('0.00"%"', 0.0125), (r"0.00\%", 0.0125), ("0.00%", 1.25)])
def test_a_per_cent_sign_that_is_a_letter_multiplies_nothing(tmp_path: Path, shown: str, weight: float) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["日期", "指数代码", "成分券代码", "权重(%)"])
    sheet.append(["2024-01-05", "000300", "600000", 1.25])
    sheet["D2"].number_format = shown
    book.save(tmp_path / "weights.xlsx")
    (batch,) = read_file(tmp_path / "weights.xlsx")
    kept = batch.facts["weight"].to_list()
    assert kept == ([weight] if weight <= 1 else [])  # 125 % is what Excel shows, and no weight
    assert batch.quarantine.height == (0 if weight <= 1 else 2)


def test_a_cell_over_several_rows_of_a_page_is_of_each(read: Reader) -> None:
    rows = (
        "<tr><td rowspan=2>2024-01-05</td><td>上交所</td><td>8300.5</td></tr><tr><td>深交所</td><td>7400.25</td></tr>"
    )
    batch = read(f"<table><tr><td>日期</td><td>市场</td><td>融资余额<br>(亿元)</td></tr>{rows}</table>")
    assert batch.facts.select("market", "financing_balance").rows() == [("SSE", 8300.5e8), ("SZSE", 7400.25e8)]


def test_tables_side_by_side_are_refused_rather_than_mixed(read: Reader) -> None:
    with pytest.raises(SourceChangedError, match=r"'日期' \(column A\) and '日期' say '2024-01-05' and '2024-01-04'"):
        read("日期,担保物总价值(亿元),日期,担保资金(亿元)\n2024-01-05,46000.5,2024-01-04,2000\n")
    same = read("日期,担保物总价值(亿元),日期,担保资金(亿元)\n2024-01-05,46000.5,20240105,2000\n")
    assert same.facts["collateral_cash"].to_list() == [2000e8]


def test_a_second_table_below_the_first_is_refused_rather_than_read_under_its_headers(read: Reader) -> None:
    with pytest.raises(DataError, match="row 4: another table begins here"):
        read("日期,担保物总价值(亿元)\n2024-01-05,46000.5\n\n日期,担保资金(亿元)\n2024-01-04,2000.5\n")


@pytest.mark.parametrize(
    ("header", "cell", "yuan"),
    [
        ("担保物总价值", "4.60005万亿", 4_600_050_000_000.0),
        ("担保物总价值", "46000.5亿元", 4_600_050_000_000.0),
        ("担保物总价值(元)", "46,000.5 亿", 4_600_050_000_000.0),
        ("担保物总价值(亿元)", "46000.5亿", 4_600_050_000_000.0),
        ("担保物总价值(万元)", "46000.5亿", None),
    ],
)
def test_cells_that_carry_their_unit_are_read_unless_the_header_says_another(
    read: Reader, header: str, cell: str, yuan: float | None
) -> None:
    batch = read(f'日期,{header}\n2024-01-05,"{cell}"\n')
    assert batch.facts["collateral_total"].to_list() == ([] if yuan is None else [yuan])
    assert batch.quarantine.height == (2 if yuan is None else 0)


def test_a_column_of_which_some_cells_alone_carry_a_unit_states_none(read: Reader) -> None:
    with pytest.raises(SourceChangedError, match="no unit is stated"):
        read("日期,担保物总价值\n2024-01-04,46000.5亿\n2024-01-05,46000.5\n")


def test_brackets_of_accountants_are_a_minus(read: Reader) -> None:
    batch = read(
        '日期,证券代码,当日担保证券数量变动(万股),当日末担保证券数量(万股)\n2024-01-05,600000,"(1,200.5)",3000\n'
    )
    assert batch.facts["shares_change"].to_list() == [-12_005_000.0]


@pytest.mark.parametrize("content", ["日期|收盘\n2024-01-05 星期五|3000\n", '="日期",="收盘"\n="2024-01-05",="3000"\n'])
def test_bars_between_cells_guards_around_them_and_weekdays_do_not_count(read: Reader, content: str) -> None:
    assert read(content, index="csi300-tr").facts.select("as_of", "close").rows() == [(DAY, 3000.0)]


def test_shenzhens_classes_of_a_day_give_the_row_of_stocks(read: Reader) -> None:
    rows = '股票,"2,900","400,000,000,000.12","30,000,000,000,000","25,000,000,000,000"\n基金,700,9,20,19\n'
    batch = read(f"证券类别,数量(只),成交金额(元),总市值(元),流通市值(元)\n{rows}", name="证券类别统计_2024-01-05.csv")
    assert batch.facts.select("as_of", "market", "amount", "float_cap").rows() == [
        (DAY, "SZSE", 400_000_000_000.12, 2.5e13)
    ]
    assert any("left out: 1" in notice.text.en for notice in batch.notices)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("可充抵保证金证券信息2024-01-05.csv", "is_collateral"),
        ("1835_xxpl_20240105.csv", "is_collateral"),
        ("融资标的证券20240105.csv", "is_financing_underlying"),
        ("融券标的证券20240105.csv", "is_short_underlying"),
    ],
)
@pytest.mark.parametrize("dated", [False, True])
def test_a_list_of_codes_is_the_list_that_its_title_names(read: Reader, name: str, column: str, dated: bool) -> None:
    batch = read(
        "日期,证券代码,证券简称\n2024-01-05,000001,平安银行\n" if dated else "证券代码,证券简称\n000001,平安银行\n",
        name=name,
    )
    assert batch.facts.select("as_of", "security", column).rows() == [(DAY, "000001.SZ", True)]


@pytest.mark.parametrize("name", ["a20240105.csv", "融资融券标的证券20240105.csv"])
def test_a_list_of_codes_whose_title_does_not_name_one_list_is_refused(read: Reader, name: str) -> None:
    with pytest.raises(DataError):
        read("证券代码,证券简称\n000001,平安银行\n", name=name)


@pytest.mark.parametrize(
    "content",
    [
        "日期,担保物(亿元),,平均维持担保比例(%)\n,担保物总价值,担保资金,\n2024-01-05,46000.5,2000.25,250.1\n",
        "<table><tr><td rowspan=2>日期</td><td colspan=2>担保物(亿元)</td><td rowspan=2>平均维持担保比例(%)</td></tr>"
        "<tr><td>担保物总价值</td><td>担保资金</td></tr>"
        "<tr><td>2024-01-05</td><td>46000.5</td><td>2000.25</td><td>250.1</td></tr></table>",
    ],
)
def test_a_header_of_two_lines_takes_names_from_the_lower_and_units_from_the_upper(read: Reader, content: str) -> None:
    batch = read(content)
    assert batch.facts.select("as_of", "collateral_total", "collateral_cash", "maintenance_ratio").rows() == [
        (DAY, 4_600_050_000_000.0, 200_025_000_000.0, 2.501)
    ]


def test_figures_of_the_whole_market_that_it_never_had_are_told_of(read: Reader) -> None:
    batch = read("日期,担保物总价值(万元)\n2024-01-05,46000.5\n")
    assert any(
        "makes 4.60005e+08 yuan" in notice.text.en and "check its unit" in notice.text.en for notice in batch.notices
    )
    fitting = read("日期,担保物总价值(亿元)\n2024-01-05,46000.5\n")
    assert not any("check its unit" in notice.text.en for notice in fitting.notices)


def test_an_archive_of_workbooks_is_no_workbook(tmp_path: Path) -> None:
    book, inside = openpyxl.Workbook(), io.BytesIO()
    book.worksheets[0].append(["证券代码", "融资余额(元)"])
    book.worksheets[0].append(["000001", 1_000_000])
    book.save(inside)
    with zipfile.ZipFile(tmp_path / "days.zip", "w", zipfile.ZIP_STORED) as archive:
        for day in ("2024-01-04", "2024-01-05"):
            archive.writestr(f"明细_{day}.xlsx", inside.getvalue())
    batches = read_file(tmp_path / "days.zip")
    assert [batch.facts["as_of"].to_list() for batch in batches] == [[date(2024, 1, 4)], [DAY]]


def test_files_of_an_archive_say_by_their_names_which_index_each_is_of(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "indices.zip", "w") as archive:
        for code in ("000300.SH", "000905.SH"):
            archive.writestr(f"{code}.csv", "日期,收盘价\n2024-01-05,3000\n")
    assert [batch.facts["index"][0] for batch in read_file(tmp_path / "indices.zip")] == ["000300.CSI", "000905.CSI"]


def test_a_spreadsheet_of_xml_is_named_and_what_to_do_said(read: Reader) -> None:
    with pytest.raises(DataError, match=r"written as XML.*save it as xlsx"):
        read('<?xml version="1.0"?><Workbook><Worksheet><Table></Table></Worksheet></Workbook>', name="a.xls")


def test_a_weight_in_a_list_of_any_maker_is_a_members(read: Reader) -> None:
    batch = read("日期,指数代码,成分券代码,权重(%)\n2024-01-05,000300,600000,1.25\n2024-01-05,000300,600036,--\n")
    assert batch.facts.select("security", "is_member", "weight").rows() == [("600000.SH", True, 0.0125)]


def test_the_day_on_which_a_file_was_exported_is_not_that_of_its_rows(read: Reader) -> None:
    content = "担保券市值,导出日期：2024-01-08\n证券代码,当日末担保证券市值(亿元)\n600000,1.5\n,\n"
    assert read(content, name="担保券20240105.csv").facts["as_of"].to_list() == [DAY]


def test_a_total_under_a_name_of_rows_without_a_day_is_left_out(read: Reader) -> None:
    batch = read("证券代码,证券简称,融资余额(元)\n600000,浦发银行,1000000\n,总计,1000000\n", day=DAY)
    assert (batch.facts.height, batch.quarantine.height) == (1, 0)


def test_a_table_inside_the_cell_of_a_page_is_read(read: Reader) -> None:
    inner = "<table><tr><td>日期<td>收盘</tr><tr><td>2024-01-05<td>3000</tr></table>"
    page = f"<table><tr><td>首页</td></tr><tr><td>行情{inner}</td></tr><tr><td>版权</td></tr></table>"
    assert read(page, index="csi300-tr").facts["close"].to_list() == [3000.0]
