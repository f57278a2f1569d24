"""Which row is the header, and which table its columns are of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rongheng.basics.batch import Batch
from rongheng.basics.errors import SourceChangedError, UsageError
from rongheng.market.sources import read_file

Reader = Callable[..., Batch]


def test_the_header_is_found_below_titles_and_blank_lines(read: Reader) -> None:
    content = "某某证券 日期 2024\n\n融资融券统计\n日期,担保物总价值(亿元)\n2024-01-02,40000\n"
    batch = read(content)
    assert batch.facts.height == 1
    bad = read(content + "2024-01-06,40000\n")  # a Saturday
    assert bad.quarantine["row"].to_list() == [6]


def test_unknown_columns_are_all_named_with_the_nearest_known_name(read: Reader) -> None:
    with pytest.raises(SourceChangedError) as refusal:
        read("日期,担保物总价(亿元),平均维持担保比例(%),心情\n2024-01-02,40000,250,1\n", name="mine.csv")
    message = str(refusal.value)
    for part in ("mine.csv", "row 1", "'担保物总价(亿元)' (B)", "'心情' (D)", "'担保物总价值'", "--aliases", "ignored"):
        assert part in message


def test_an_unknown_column_without_a_value_does_not_matter(read: Reader) -> None:
    assert read("日期,担保物总价值(亿元),备注\n2024-01-02,40000,\n").facts.height == 1


def test_two_columns_of_one_meaning_are_refused(read: Reader) -> None:
    with pytest.raises(SourceChangedError, match="both mean collateral_total"):
        read("日期,担保物总价值(亿元),担保物价值(万元)\n2024-01-02,40000,1\n")


@pytest.mark.parametrize("header", ["date,close,close", "as_of,maintenance_ratio,maintenance_ratio"])
def test_a_header_that_stands_twice_is_refused(read: Reader, header: str) -> None:
    with pytest.raises(SourceChangedError, match="both mean"):
        read(f"{header}\n2024-01-02,3,3\n", index="szse")


def test_values_without_a_header_are_refused(read: Reader) -> None:
    with pytest.raises(SourceChangedError, match="column B has values"):
        read("日期,,担保物总价值(亿元)\n2024-01-02,7,40000\n")


def test_a_counter_of_rows_needs_no_header(read: Reader) -> None:
    batch = read(",日期,担保物总价值(亿元)\n0,2024-01-02,40000\n1,2024-01-03,41000\n")
    assert batch.facts.height == 2


def test_a_whole_column_to_the_right_of_the_header_is_refused(read: Reader) -> None:
    with pytest.raises(SourceChangedError, match="column C has values"):
        read("日期,担保物总价值(亿元)\n2024-01-02,40000,9\n2024-01-03,41000,9\n")


def test_a_single_row_with_a_cell_too_many_goes_to_quarantine(read: Reader) -> None:
    content = "日期,担保物总价值(亿元)\n2024-01-02,40000\n2024-01-03,41,000\n2024-01-04,42000\n2024-01-05,42000\n"
    batch = read(content)
    assert batch.quarantine.select("row", "reason").rows() == [(3, "the row has more cells than the header")]
    assert batch.facts.height == 3


def test_names_that_two_tables_share_follow_their_company(read: Reader) -> None:
    account = read("日期,融资余额(亿元),平均维持担保比例(%)\n2024-01-02,15000,250\n")
    summary = read("日期,市场,融资余额(元),融资偿还额(元)\n2024-01-02,沪市,8e11,4e10\n")
    assert (account.table.name, summary.table.name) == ("account_daily", "margin_summary")
    assert summary.facts["market"].to_list() == ["SSE"]


def test_a_name_that_nothing_settles_is_refused_until_the_caller_says_more(read: Reader, tmp_path: Path) -> None:
    content = "日期,融资余额(亿元)\n2024-01-02,15000\n"
    with pytest.raises(SourceChangedError, match=r"account_daily.*margin_summary.*--market"):
        read(content)
    assert read(content, market="沪深两市").facts["market"].to_list() == ["SSE+SZSE"]
    own = tmp_path / "own.yaml"
    own.write_text("columns:\n  account_daily.financing_balance: [融资余额]\n", encoding="utf-8")
    assert read(content, aliases=own).table.name == "account_daily"


def test_one_sheet_may_hold_two_tables(tmp_path: Path) -> None:
    path = tmp_path / "both.csv"
    path.write_text(
        "日期,平均维持担保比例(%),流通市值(亿元)\n2024-01-02,250,650000\n2024-01-03,251,\n", encoding="utf-8"
    )
    batches = {batch.table.name: batch for batch in read_file(path, market="沪深")}
    assert batches["account_daily"].facts["maintenance_ratio"].to_list() == [2.5, 2.51]
    assert (batches["market_daily"].rows_read, batches["market_daily"].quarantine.height) == (1, 0)
    assert batches["market_daily"].facts.select("market", "float_cap").rows() == [("SSE+SZSE", 6.5e13)]


def test_a_market_is_asked_for_where_nothing_says_it(read: Reader) -> None:
    with pytest.raises(UsageError, match="--market"):
        read("日期,融资偿还额(元)\n2024-01-02,1e10\n")


def test_our_own_names_carry_our_own_units_and_the_worse_grade(read: Reader) -> None:
    batch = read("as_of,maintenance_ratio,individual_count,grade,source\n2024-01-02,2.5,7000000,estimated,x\n")
    assert batch.source == "rongheng"
    assert batch.facts.select("maintenance_ratio", "individual_count", "grade").row(0) == (2.5, 7_000_000, "estimated")


def test_the_report_services_raw_names_are_known_and_the_split_lands_only_where_it_adds_up(read: Reader) -> None:
    names = (
        "STATISTICS_DATE,FIN_BALANCE,LOAN_BALANCE,FIN_BUY_AMT,LOAN_SELL_AMT,BALANCE_RATIO,TRADE_AMT_RATIO,SECURITY_ORG_NUM,"
        "OPERATEDEPT_NUM,PERSONAL_INVESTOR_NUM,ORG_INVESTOR_NUM,INVESTOR_NUM,MARGINLIAB_INVESTOR_NUM,SUBSITUTION__CAP,"
        "FUND_MARKET_CAP,TOTAL_GUARANTEE,AVG_GUARANTEE_RATIO\n"
    )
    rest = "15000,700,800,30,2.2,8.1,95,11000,650.5,45000,200000,1500000"
    content = (
        f"{names}2024-01-02 00:00:00,{rest},40000,2000,42000,255\n2024-01-03 00:00:00,{rest},40000,5000,42000,255\n"
        f"2024-01-04 00:00:00,{rest},40000,2000,,255\n"
    )
    batch = read(content)
    assert batch.facts["collateral_cash"].to_list() == [2000e8, None, None]
    assert batch.facts["collateral_securities"].to_list() == [40000e8, None, None]
    assert batch.facts["collateral_total"].to_list() == [42000e8, 42000e8, None]
    assert batch.facts["margin_turnover_share"].to_list() == [0.081] * 3
    assert batch.quarantine.filter(row=3)["column"].to_list() == ["SUBSITUTION__CAP", "FUND_MARKET_CAP"]
