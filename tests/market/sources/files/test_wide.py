"""Sheets that are wider than a table: days across, and a column for each security, index or market."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongheng.basics.errors import SourceChangedError
from rongheng.market.sources.files.aliases import load_aliases
from rongheng.market.sources.files.text import read_text
from rongheng.market.sources.files.wide import turned, unfolded
from tests.market.sources.files.conftest import Reader

DAYS = (date(2024, 1, 4), date(2024, 1, 5))


def rows(batch: Any, *columns: str) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = batch.facts.select("as_of", *columns).rows()
    return found


def notices(batch: Any) -> str:
    return " ".join(notice.text.en for notice in batch.notices)


@pytest.mark.parametrize("days", ["2024-01-04,2024-01-05", "2024-01-05,2024-01-04", "45295,45296"])
def test_days_across_with_what_describes_the_series_beside_its_name(read: Reader, days: str) -> None:
    first, second = ("2.5", "2.6") if not days.startswith("2024-01-05") else ("2.6", "2.5")
    total = "40000.5,40001" if first == "2.5" else "40001,40000.5"
    content = (
        f"指标名称,频率,单位,指标ID,{days}\n担保物总价值,日,亿元,M1,{total}\n"
        f"平均维持担保比例,日,小数,M2,{first},{second}\n数据来源：某终端,,,,,\n"
    )
    batch = read(content)
    assert rows(batch, "collateral_total", "maintenance_ratio") == [
        (DAYS[0], 4_000_050_000_000.0, 2.5),
        (DAYS[1], 4_000_100_000_000.0, 2.6),
    ]
    assert "its days run across" in notices(batch)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("title.csv", "融资余额(元),,\n日期,600000.SH,000001.SZ\n"),
        ("corner.csv", "融资余额(元),600000.SH,000001.SZ\n"),
        ("融资余额.csv", "单位：元,,\n日期,600000.SH,000001.SZ\n"),
        ("融资余额(元).csv", "日期,600000.SH,000001.SZ\n"),
        ("below.csv", "代码,600000.SH,000001.SZ\n名称,浦发银行,平安银行\n日期,融资余额(元),融资余额(元)\n"),
        ("unit.csv", "代码,600000.SH,000001.SZ\n日期,融资余额,融资余额\n单位,元,元\n"),
    ],
)
def test_a_matrix_of_securities_reads_wherever_it_names_its_figure(read: Reader, name: str, content: str) -> None:
    batch = read(f"{content}2024-01-04,1000001,2000001\n2024-01-05,1000002,\n数据来源：某终端,,\n", name=name)
    assert rows(batch, "security", "financing_balance") == [
        (DAYS[0], "000001.SZ", 2_000_001.0),
        (DAYS[0], "600000.SH", 1_000_001.0),
        (DAYS[1], "600000.SH", 1_000_002.0),
    ]
    assert batch.quarantine.height == 0
    assert "a matrix with a column for each security" in notices(batch)


def test_a_matrix_without_a_unit_is_refused_as_any_table_is(read: Reader) -> None:
    with pytest.raises(SourceChangedError, match="no unit is stated for '融资余额'"):
        read("日期,600000.SH,000001.SZ\n2024-01-04,1,2\n", name="融资余额.csv")


def test_a_matrix_of_several_figures_keeps_each_under_its_code(read: Reader) -> None:
    content = "代码,600000.SH,,000001.SZ,\n日期,融资余额(元),融券余额(元),融资余额(元),融券余额(元)\n"
    batch = read(f"{content}2024-01-05,1000000,2000,3000000,4000\n")
    assert rows(batch, "security", "financing_balance", "short_balance") == [
        (DAYS[1], "000001.SZ", 3e6, 4e3),
        (DAYS[1], "600000.SH", 1e6, 2e3),
    ]


def test_marks_of_a_blank_in_a_matrix_are_no_rows(read: Reader) -> None:
    batch = read("日期,600000.SH,000001.SZ\n2024-01-05,1000001,--\n", name="融资余额(元).csv")
    assert (batch.facts.height, batch.quarantine.height) == (1, 0)


def test_a_code_that_heads_two_columns_is_refused(read: Reader) -> None:
    with pytest.raises(SourceChangedError, match="both mean financing_balance"):
        read("日期,600000.SH,600000.SH\n2024-01-05,1,2\n", name="融资余额(元).csv")


def test_figures_over_the_names_of_markets_are_of_each_column_under_them(read: Reader) -> None:
    content = "日期,融资余额(亿元),,融券余额(亿元),\n,沪市,深市,沪市,深市\n2024-01-05,8300.5,7400.25,1.5,2.5\n"
    assert rows(read(content), "market", "financing_balance", "short_balance") == [
        (DAYS[1], "SSE", 830_050_000_000.0, 150_000_000.0),
        (DAYS[1], "SZSE", 740_025_000_000.0, 250_000_000.0),
    ]


def test_codes_downwards_and_days_across_are_a_matrix_too(read: Reader) -> None:
    content = "证券代码,证券简称,2024-01-04,2024-01-05\n600000.SH,浦发银行,1000001,1000002\n000001.SZ,平安银行,2,3\n"
    batch = read(content, name="融资余额(元).csv")
    assert rows(batch, "security", "financing_balance")[-1] == (DAYS[1], "600000.SH", 1_000_002.0)
    assert batch.facts.height == 4


@pytest.mark.parametrize(
    ("sse", "szse"),
    [
        ("上证所:融资余额", "深交所:融资余额"),
        ("融资融券:上交所:融资余额", "融资融券:深交所:融资余额"),
        ("融资余额:上交所", "融资余额:深交所"),
        ("融资余额(沪市)", "融资余额(深市)"),
        ("沪市融资余额", "深市融资余额"),
    ],
)
def test_series_of_each_exchange_are_rows_of_their_markets(read: Reader, sse: str, szse: str) -> None:
    content = f"指标名称,{sse},{szse}\n频率,日,日\n单位,亿元,亿元\n来源,上海证券交易所,深圳证券交易所\n"
    batch = read(f"{content}2024-01-04,8300.12,7400.33\n2024-01-05,8301.12,7401.33\n")
    assert rows(batch, "market", "financing_balance")[:2] == [
        (DAYS[0], "SSE", 830_012_000_000.0),
        (DAYS[0], "SZSE", 740_033_000_000.0),
    ]
    assert batch.facts.height == 4


def test_closes_of_several_indices_read_and_unknown_columns_are_named(read: Reader) -> None:
    content = "指标名称,沪深300指数:收盘价,中证500指数:收盘价,未名指数:收盘价\n单位,点,点,点\n"
    batch = read(f"{content}2024-01-05,3329.11,5329.5,1\n")
    assert rows(batch, "index", "close") == [(DAYS[1], "000300.CSI", 3329.11), (DAYS[1], "000905.CSI", 5329.5)]
    assert "not kept: 未名指数:收盘价" in notices(batch)


def test_markets_over_the_names_of_figures_are_a_matrix_with_the_unit_of_their_group(read: Reader) -> None:
    content = "日期,沪市(亿元),,深市(亿元),\n,融资余额,融券余额,融资余额,融券余额\n2024-01-05,8300.5,1.5,7400.25,2.5\n"
    assert rows(read(content), "market", "financing_balance", "short_balance") == [
        (DAYS[1], "SSE", 830_050_000_000.0, 150_000_000.0),
        (DAYS[1], "SZSE", 740_025_000_000.0, 250_000_000.0),
    ]


@pytest.mark.parametrize(
    "content",
    [
        "日期,融资余额(亿元),沪深300:收盘价\n2024-01-05,8300.5,3329.11\n",  # one column is of an index, one of a market
        "日期,600000.SH,000300.SH\n2024-01-05,1,2\n",  # two kinds of codes
        "日期,600000.SH,000001.SZ\n2024-01-05,1,2\n",  # nothing names the figure
    ],
)
def test_what_is_no_matrix_is_left_to_the_refusals_of_tables(read: Reader, content: str) -> None:
    assert unfolded(read_text(content.encode(), file="a.csv"), load_aliases()) is None
    with pytest.raises(SourceChangedError):
        read(content)


def test_rows_that_hold_two_days_do_not_run_across() -> None:
    lines = "证券代码,纳入日期,剔除日期\n600000,2020-01-02,2021-01-04\n"
    assert turned(read_text(lines.encode(), file="a.csv"), load_aliases()) is None


@given(values=st.lists(st.tuples(*[st.integers(1, 10**9)] * 3), min_size=2, max_size=5))
def test_turning_and_unfolding_lose_no_figure(values: list[tuple[int, ...]]) -> None:
    codes = ["600000.SH", "000001.SZ", "510300.SH"]
    days = [f"2024-01-{2 + place:02}" for place in range(len(values))]
    below = ["\t".join([code, *(str(line[place]) for line in values)]) for place, code in enumerate(codes)]
    text = "\n".join(["\t".join(["融资余额(元)", *days]), *below])
    aliases = load_aliases()
    standing = turned(read_text(text.encode(), file="融资余额(元).csv"), aliases)
    assert standing is not None
    table = unfolded(standing, aliases)
    assert table is not None
    found = {(day, code): figure for day, code, figure in table.sheet.cells.rows()[1:]}
    expected = {(days[at], codes[place]): str(one) for at, line in enumerate(values) for place, one in enumerate(line)}
    assert found == expected
