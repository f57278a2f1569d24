"""What counts in a header, and what does not."""

from __future__ import annotations

import pytest

from rongheng.market.sources.files.aliases import load_aliases
from rongheng.market.sources.files.wording import fold, visible

ALIASES = load_aliases()


@pytest.mark.parametrize(
    ("header", "column", "unit"),
    [
        ("融资余额(亿元)", "financing_balance", "亿元"),
        ("融资余额（亿元）", "financing_balance", "亿元"),
        ("融资余额[亿元]", "financing_balance", "亿元"),
        ("融资余额【单位：亿元】", "financing_balance", "亿元"),
        ("融资余额 (单位:万元)", "financing_balance", "万元"),
        ("融资余额:亿元", "financing_balance", "亿元"),
        ("融资余额_亿元", "financing_balance", "亿元"),
        ("融资-余额(元)", "financing_balance", "元"),
        ("融资融券:融资余额", "financing_balance", None),
        ("融资融券：融资余额（亿元）", "financing_balance", "亿元"),
        ("\ufeff融资余额\ufffc", "financing_balance", None),
        ("融\u200b资余额\u00a0", "financing_balance", None),
        ("融资余额\n(亿元)", "financing_balance", "亿元"),
        ("融资余额 Financing Balance", "financing_balance", None),
        ("日期Date", "date", None),
        ("日期/Date", "date", None),
        ("Trade Date", "date", None),
        ("financing_balance (yuan)", "financing_balance", "yuan"),
        ("Maintenance Ratio(%)", "maintenance_ratio", "%"),
        ("融券余量(股/份)", "short_shares", "股/份"),
        ("融券余量(股(份))", "short_shares", "股(份)"),
        ("平均维持担保比例（％）", "maintenance_ratio", "%"),
    ],
)
def test_a_header_means_its_column_in_every_dress(header: str, column: str, unit: str | None) -> None:
    assert ALIASES.meaning(header) == (column, unit)


@pytest.mark.parametrize("header", ["收盘-沪深300", "涨跌幅(%)-沪深300", "融资余额占比", "上海:融资余额", "余额"])
def test_a_header_that_says_more_or_less_is_not_taken_for_the_column(header: str) -> None:
    assert ALIASES.meaning(header) is None


def test_full_width_and_invisible_marks_do_not_count() -> None:
    assert fold("ＴＲＡＤＥ＿ＤＡＴＥ\u2060") == fold("tradeDate")
    assert visible(" 融资余额　（元） ") == "融资余额 (元)"
