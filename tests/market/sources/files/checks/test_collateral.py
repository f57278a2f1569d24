"""Collateral: the parts make the whole, and the whole is more than the debt."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rongheng.basics.batch import Batch

Reader = Callable[..., Batch]

SPLIT = "日期,担保资金(亿元),可充抵保证金证券市值(亿元),担保物总价值(亿元)\n"


@pytest.mark.parametrize(("cash", "lands"), [(2000, True), (2042, True), (1958, True), (2043, False), (1957, False)])
def test_a_split_lands_where_it_makes_the_total_within_a_thousandth(read: Reader, cash: int, lands: bool) -> None:
    # The total is 42,000: a thousandth of it is 42.
    batch = read(f"{SPLIT}2024-01-02,{cash},40000,42000\n")
    assert batch.facts["collateral_cash"].to_list() == [cash * 1e8 if lands else None]
    assert batch.facts["collateral_securities"].to_list() == [4e12 if lands else None]
    assert batch.facts["collateral_total"].to_list() == [4.2e12]
    assert batch.quarantine.height == (0 if lands else 2)


def test_a_named_split_without_a_total_lands(read: Reader) -> None:
    assert read(f"{SPLIT}2024-01-02,2000,40000,--\n").facts["collateral_cash"].to_list() == [2e11]


def test_collateral_is_more_than_the_debt(read: Reader) -> None:
    header = "日期,融资余额(亿元),融券余额(亿元),担保物总价值(亿元)\n"
    batch = read(header + "2024-01-02,15000,700,15700\n2024-01-03,15000,700,40000\n")
    assert batch.facts["collateral_total"].to_list() == [None, 4e12]
    assert batch.facts["financing_balance"].to_list() == [1.5e12, 1.5e12]
