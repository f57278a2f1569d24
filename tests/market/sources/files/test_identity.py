"""Which index a file is of: said by the content, the caller or an exact name, and held against printed levels."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rongheng.basics.batch import Batch
from rongheng.basics.calendar import calendar
from rongheng.basics.errors import SourceChangedError, UsageError
from rongheng.basics.ids import index

Reader = Callable[..., Batch]

CLOSES = "date,close\n2024-01-02,3000.5\n"


def test_an_exact_name_says_which_index_and_the_reader_is_told(read: Reader) -> None:
    batch = read(CLOSES, name="h00300.csv")
    assert batch.facts["index"].to_list() == ["H00300.CSI"]
    assert any("H00300.CSI" in notice.text.zh for notice in batch.notices)


@pytest.mark.parametrize("name", ["bars.csv", "sh000300 (1).csv", "my_h00300.csv", "h00300.bak.csv"])
def test_any_other_name_says_nothing(read: Reader, name: str) -> None:
    with pytest.raises(UsageError, match="--index"):
        read(CLOSES, name=name)


def test_the_caller_says_it_and_wins_over_the_name(read: Reader) -> None:
    batch = read(CLOSES, name="h00300.csv", index="中证500全收益")
    assert batch.facts["index"].to_list() == ["H00905.CSI"]


def test_the_index_is_part_of_the_imports_identity_however_it_was_said(read: Reader) -> None:
    assert read(CLOSES, name="h00300.csv").options == "index=H00300.CSI"
    assert read(CLOSES, index="沪深300收益").options == "index=H00300.CSI"
    assert read("date,code,close\n2024-01-02,000985,1\n").options == ""


def test_an_index_that_nobody_knows_is_refused(read: Reader) -> None:
    with pytest.raises(UsageError, match="csi3000"):
        read(CLOSES, index="csi3000")


def test_a_column_says_it_row_by_row_and_unknown_ones_go_to_quarantine(read: Reader) -> None:
    content = "date,code,close\n2024-01-02,399001.SZ,9000\n2024-01-02,000985,4900\n2024-01-02,600000,7\n"
    batch = read(content)
    assert batch.facts.select("index", "close").rows() == [("000985.CSI", 4900.0), ("399001.SZSE", 9000.0)]
    assert batch.quarantine.select("row", "reason").rows() == [(4, "no index is called 600000")]


@pytest.mark.parametrize("code", ["sz.399001", "SZ399001", "399001.XSHE", "399001.SZ", "0.399001", "深证成指"])
def test_the_codes_of_every_service_mean_the_index(read: Reader, code: str) -> None:
    assert read(f"date,code,close\n2024-01-02,{code},9000\n").facts["index"].to_list() == ["399001.SZSE"]


def test_a_caller_that_contradicts_the_column_is_refused(read: Reader) -> None:
    with pytest.raises(UsageError, match="--index"):
        read("date,code,close\n2024-01-02,399001.SZ,9000\n", index="csi300")


def bars(highest: float) -> str:
    """Bars over the days for which highs were printed, with that highest high."""
    anchor = index("csi300").anchors[0]
    days = calendar().between(anchor.first, anchor.last)
    lines = [f"{day},4000,{highest if number == 3 else 4000},3900,4000" for number, day in enumerate(days)]
    return "date,open,high,low,close\n" + "\n".join(lines) + "\n"


def test_another_index_under_a_known_name_is_refused_with_what_was_found_and_expected(read: Reader) -> None:
    # Printed in a broker's report: highest highs of 2024-10-15 to 2025-01-06, CSI 300 4200.91, CSI 500 6382.98.
    assert read(bars(4200.91), name="sh000300.csv").facts.height == 59  # 13 + 21 + 22 + 3 sessions
    with pytest.raises(SourceChangedError) as refusal:
        read(bars(6382.98), name="sh000300.csv")
    for part in ("sh000300.csv", "6382.98", "4200.91", "csi500"):
        assert part in str(refusal.value)


def test_a_file_that_does_not_cover_the_printed_days_is_not_judged(read: Reader) -> None:
    content = "\n".join(bars(6382.98).splitlines()[:20]) + "\n"
    assert read(content, name="sh000300.csv").facts.height == 19


def test_a_layout_of_one_market_does_not_take_another(read: Reader) -> None:
    content = "信用交易日期,融资余额,融资买入额,融券余量,融券余量金额,融券卖出量,融资融券余额\n"
    content += "2024-01-02,8e11,4e10,1e9,5e10,1e8,8.5e11\n"
    assert read(content).facts["market"].to_list() == ["SSE"]
    with pytest.raises(UsageError, match="SZSE"):
        read(content, market="深市")
