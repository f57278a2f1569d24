"""Files of securities: codes however vendors spell them, prices as whole milli-yuan, lists and flags."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from rongheng.basics.batch import Batch
from rongheng.basics.errors import DataError, SourceChangedError
from rongheng.market.sources import read_file

Reader = Callable[..., Batch]


def test_prices_of_securities_are_whole_milli_yuan_and_codes_are_ours(read: Reader) -> None:
    batch = read(
        "日期,证券代码,收盘价(元),成交量(手)\n2024-01-02,sh600000,6.63,10\n2024-01-02,1.5,1,1\n2024-01-02,510300.SH,3.465,5\n"
    )
    assert batch.table.name == "security_bars"
    assert batch.facts.select("security", "close_milli", "volume_shares").rows() == [
        ("510300.SH", 3_465, 500.0),
        ("600000.SH", 6_630, 1_000.0),
    ]
    assert batch.quarantine["reason"].to_list() == ["no security is called 1.5"]


def test_a_price_finer_than_a_milli_yuan_goes_to_quarantine(read: Reader) -> None:
    batch = read("日期,证券代码,收盘价(元),成交量(股)\n2024-01-02,600000.SH,6.6304,10\n")
    assert batch.facts["close_milli"].to_list() == [None]
    assert batch.quarantine["reason"].to_list() == ["a price must be whole milli-yuan"]


def test_values_of_funds_abroad_are_known_two_sessions_later(read: Reader) -> None:
    batch = read(
        "日期,基金代码,单位净值(元)\n2025-09-30,510300.SH,4.8\n2025-09-30,513100.SH,1.9\n2025-09-30,159920.SZ,1.5\n"
    )
    assert batch.table.name == "etf_nav"
    known = dict(batch.facts.select("security", "known_at").iter_rows())
    after_the_holiday = datetime(2025, 10, 10, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai; sessions go on on 2025-10-09
    assert known == {
        "510300.SH": datetime(2025, 9, 30, 15, 0, tzinfo=UTC),  # 23:00
        "513100.SH": after_the_holiday,
        "159920.SZ": after_the_holiday,
    }


def test_an_index_keeps_its_points_where_a_security_has_a_price(read: Reader) -> None:
    batch = read("日期,指数代码,收盘\n2024-01-02,000300.SH,3386.35\n")
    assert (batch.table.name, batch.facts["close"].to_list()) == ("index_daily", [3386.35])


def test_margin_figures_with_a_code_are_those_of_securities(read: Reader) -> None:
    batch = read("日期,证券代码,融资余额(元),融资买入额(元)\n2024-01-02,600000.SH,4e9,1e8\n")
    assert batch.table.name == "security_margin"
    assert batch.facts["financing_balance"].to_list() == [4e9]


def test_codes_behind_the_guard_of_a_spreadsheet_are_codes(read: Reader) -> None:
    batch = read('日期,证券代码,融资余额(元)\n45295,="000001",5\n45295,="600000",4\n')  # 45295 is 2024-01-04
    assert batch.facts.select("as_of", "security", "financing_balance").rows() == [
        (date(2024, 1, 4), "000001.SZ", 5.0),
        (date(2024, 1, 4), "600000.SH", 4.0),
    ]


def test_a_plain_code_is_of_a_security_where_no_index_has_such_figures(read: Reader) -> None:
    batch = read("日期,代码,融资余额(元)\n2024-01-05,000001,5\n2024-01-05,600000,4\n")
    assert batch.table.name == "security_margin"
    assert batch.facts["security"].to_list() == ["000001.SZ", "600000.SH"]
    bars = read("日期,代码,收盘\n2024-01-05,000977,4400.5\n")  # an index that we do not keep, and no share
    assert (bars.table.name, bars.quarantine["reason"].to_list()) == ("index_daily", ["no index is called 000977"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("日期,代码,融资余额(元)\n2024-01-05,000300.SH,5e11\n", "of which index each row is"),
        ("日期,证券代码,平均维持担保比例(%)\n2024-01-05,600000,251\n", "of which security each row is"),
    ],
)
def test_a_code_that_the_other_columns_have_no_room_for_is_never_passed_over(
    read: Reader, text: str, message: str
) -> None:
    """One security's figures would become those of a market."""
    with pytest.raises(SourceChangedError, match=message):
        read(text, market="SSE")


def test_a_status_and_a_flag_are_words(read: Reader) -> None:
    status = read("日期,证券代码,上市状态\n2024-01-02,600000.SH,risk_warned\n2024-01-02,600001.SH,sick\n")
    assert status.facts.select("security", "status").rows() == [("600000.SH", "risk_warned")]
    assert "no value stands in this row" in set(status.quarantine["reason"])
    assert any("one of listed, normal" in reason for reason in status.quarantine["reason"])
    flags = read("日期,证券代码,当日可融资,当日可融券\n2024-01-02,600000.SH,是,否\n")
    assert flags.facts.select("financing_allowed", "short_allowed").rows() == [(True, False)]


def test_a_template_of_securities_without_a_code_says_what_is_missing(read: Reader) -> None:
    with pytest.raises(SourceChangedError, match="of which security"):
        read("as_of,close_milli\n2024-01-02,6630\n")


def test_constituents_are_a_whole_list(shared_data: Path) -> None:
    (batch,) = read_file(shared_data / "stocks" / "csi300_constituents.csv")
    assert batch.facts.height == 300
    assert batch.facts["index"].unique().to_list() == ["000300.CSI"]
    assert batch.facts["is_member"].all()
    assert {"600519.SH", "300750.SZ"} <= set(batch.facts["security"])


def test_a_weight_is_of_its_days_close_and_a_member_is_one_from_the_open(read: Reader) -> None:
    """29 March 2024 was a Friday and the last session of its month; the next session was Monday the 1st."""
    header = "日期,指数代码,成分券代码"
    weighted = read(f"{header},权重(%)\n2024-03-29,000300.SH,600000.SH,0.5\n2024-03-29,000300.SH,600036.SH,--\n")
    assert weighted.facts.select("security", "weight", "known_at").rows() == [
        ("600000.SH", 0.005, datetime(2024, 4, 1, 1, tzinfo=UTC)),  # nine in Shanghai
    ]
    listed = read("as_of,index,security,is_member\n2024-03-29,000300.CSI,600000.SH,true\n")
    assert listed.facts["known_at"].to_list() == [datetime(2024, 3, 29, 1, tzinfo=UTC)]


def test_leverage_by_share_lands_as_fractions(shared_data: Path) -> None:
    (batch,) = read_file(shared_data / "stocks" / "stock_leverage_2026-08-19.csv")
    assert (batch.rows_read, batch.facts.height) == (3_243, 3_243)
    row = batch.facts.filter(security="688070.SH").row(0, named=True)
    assert (row["financing_buys_share"], row["financing_to_float_cap"]) == (0.4878, 0.0395)  # printed 48.78 and 3.95
    assert row["grade"] == "derived"


def test_snapshots_are_estimates_and_prices_that_are_none_are_set_aside(shared_data: Path) -> None:
    (batch,) = read_file(shared_data / "stocks" / "stock_snapshots.csv.gz")
    assert (batch.rows_read, batch.facts.height) == (48_415, 48_415)
    assert batch.facts["grade"].unique().to_list() == ["estimated"]
    assert set(batch.quarantine["reason"]) == {"a price must be whole milli-yuan"}
    assert batch.quarantine.height == 7  # such as 1824.9799 for 600519 on 2023-08-25
    first = batch.facts.filter(security="600000.SH").row(0, named=True)
    assert (str(first["as_of"]), first["close_milli"], first["average_amount"]) == (
        "2015-06-12",
        18_430,
        3698483551.2434206,
    )


@pytest.mark.parametrize(
    "text",
    [
        "交易日期,证券代码,证券简称,场内流通份额(万份)\n2025-01-02,510300,沪深300ETF,900000\n",
        "日期,ETF代码,基金总份额（亿份）\n2025-01-02,510300,90\n",
        "ts_code,trade_date,fd_share\n510300.SH,20250102,900000\n",
        "date,fund code,shares outstanding(份)\n2025-01-02,510300,9000000000\n",
    ],
)
def test_shares_of_funds_are_known_by_the_names_that_vendors_print(read: Reader, text: str) -> None:
    batch = read(text)
    assert batch.table.name == "etf_shares"
    assert batch.facts.select("security", "shares").rows() == [("510300.SH", 9e9)]


@pytest.mark.parametrize(
    "text",
    [
        "净值日期,基金代码,份额净值(元)\n2025-01-02,510300,3.9\n",
        "ts_code,nav_date,unit_nav,accum_nav\n510300.SH,20250102,3.9,1.6\n",
        "nav date,fund,unit nav(元)\n2025-01-02,510300,3.9\n",
    ],
)
def test_values_of_funds_are_known_by_the_names_that_vendors_print(read: Reader, text: str) -> None:
    batch = read(text)
    assert batch.table.name == "etf_nav"
    assert batch.facts.select("security", "nav").rows() == [("510300.SH", 3.9)]


def test_shares_of_funds_without_a_unit_are_refused(read: Reader) -> None:
    with pytest.raises(DataError, match="份"):
        read("日期,基金代码,场内份额\n2025-01-02,510300,900000\n")
