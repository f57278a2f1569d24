"""Balances add up, and follow from the day before."""

from __future__ import annotations

from collections.abc import Callable

from rongheng.basics.batch import Batch

Reader = Callable[..., Batch]

YUAN = "日期,融资余额(元),融券余额(元),融资融券余额(元)\n"


def test_a_margin_balance_that_is_not_the_sum_takes_its_parts_with_it(read: Reader) -> None:
    batch = read(YUAN + "2024-01-02,100,10,110\n2024-01-03,100,10,111\n2024-01-04,100,10,112\n", market="SSE")
    assert batch.facts["margin_balance"].to_list() == [110, 111]  # one yuan is rounding, two are not
    assert batch.quarantine.select("row", "column").rows() == [
        (4, None),  # nothing of the row is left
        (4, "融资余额(元)"),
        (4, "融券余额(元)"),
        (4, "融资融券余额(元)"),
    ]


def test_a_publisher_of_two_decimals_may_round_by_as_much(read: Reader) -> None:
    header = YUAN.replace("(元)", "(亿元)")
    batch = read(header + "2024-01-02,100.01,10.01,110.03\n2024-01-03,100.01,10.01,110.04\n", market="SSE")
    assert batch.facts["margin_balance"].to_list() == [110.03e8]


FLOWS = "日期,融资余额(元),融资买入额(元),融资偿还额(元)\n"


def flow_notices(batch: Batch) -> int:
    return sum(notice.count for notice in batch.notices if "not the one before" in notice.text.en)


def test_a_balance_that_does_not_follow_is_told_and_lands(read: Reader) -> None:
    good = "2024-01-02,1000,50,20\n2024-01-03,1040,60,20\n"
    assert flow_notices(read(FLOWS + good, market="SSE")) == 0
    batch = read(FLOWS + good + "2024-01-04,1100,60,20\n", market="SSE")
    assert flow_notices(batch) == 1
    assert batch.facts.height == 3


def test_a_balance_after_a_gap_need_not_follow(read: Reader) -> None:
    assert flow_notices(read(FLOWS + "2024-01-02,1000,50,20\n2024-01-04,2000,60,20\n", market="SSE")) == 0


def test_markets_are_not_mixed(read: Reader) -> None:
    content = FLOWS.replace("日期", "日期,市场") + (
        "2024-01-02,SSE,1000,50,20\n2024-01-02,SZSE,500,50,20\n2024-01-03,SSE,1040,60,20\n2024-01-03,SZSE,540,60,20\n"
    )
    assert flow_notices(read(content)) == 0


def test_a_printed_difference_that_does_not_come_out_is_told(read: Reader) -> None:
    header = (
        "交易日期,收盘-沪深300,涨跌幅(%)-沪深300\ufffc,融资-余额(元),融资余额占流通市值比,融资买入额(元),融资偿还额(元),净买入(元),"
        "融券余额(元),融券余量(股),融券卖出量(股),融券偿还量(股),融券净卖出(股),融资融券余额(元),融资融券余额差值(元)\n"
    )
    line = "2018-01-02,4000,1,1000,2.1,60,20,{net},100,10,5,3,2,1100,900\n"
    batch = read(header + line.format(net=40))
    assert batch.source == "margin-history"
    assert batch.facts.select("market", "financing_repaid", "financing_to_float_cap").row(0) == (
        "SSE+SZSE",
        20.0,
        0.021,
    )
    assert not any("净买入" in notice.text.zh for notice in batch.notices)
    assert any("净买入" in notice.text.zh for notice in read(header + line.format(net=45)).notices)
