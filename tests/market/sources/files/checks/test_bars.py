"""Bars: the range holds open and close; what contradicts it goes cell by cell, the close stays."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rongheng.basics.batch import Batch

Reader = Callable[..., Batch]

HEADER = "date,open,close,high,low\n"


def bar(read: Reader, line: str) -> Batch:
    return read(f"{HEADER}2024-01-02,{line}\n", index="szse")


def values(batch: Batch) -> tuple[object, ...]:
    return batch.facts.select("open", "close", "high", "low").row(0)


@pytest.mark.parametrize(
    ("line", "landed"),
    [
        ("100,101,102,99", (100, 101, 102, 99)),
        ("100,100,100,100", (100, 100, 100, 100)),
        ("100,103,102,99", (100, 103, None, 99)),  # the close is above the high: the high is wrong
        ("100,98,102,99", (100, 98, 102, None)),
        ("103,101,102,99", (None, 101, None, 99)),  # open or high: nothing says which
        ("98,101,102,99", (None, 101, 102, None)),
        ("100,101,99,102", (None, 101, None, None)),
        ("100,101,,99", (100, 101, None, 99)),
        ("100,0.0101,102,99", (100, None, 102, 99)),  # the close is of another magnitude
        ("100,1010000,102,99", (100, None, 102, 99)),
        ("100,101,,10000", (100, 101, None, None)),
    ],
)
def test_cells_that_contradict_each_other_do_not_land(read: Reader, line: str, landed: tuple[object, ...]) -> None:
    batch = bar(read, line)
    assert values(batch) == landed
    blank = sum(value is None for value in landed) - line.count(",,")
    assert batch.quarantine.height == blank


@pytest.mark.parametrize(("line", "cells"), [("100,,,1", 2), ("100,101,10000,10100", 4)])
def test_where_nothing_says_which_price_is_of_another_magnitude_none_lands(read: Reader, line: str, cells: int) -> None:
    batch = bar(read, line)
    assert batch.facts.is_empty()
    assert batch.quarantine["reason"].str.contains("different magnitudes").sum() == cells


def test_a_publishers_rounding_lands_and_is_told(read: Reader) -> None:
    batch = bar(read, "10000,10001,10000.5,9990")  # 0.5 above the high: 0.005 %
    assert values(batch) == (10000, 10001, 10000.5, 9990)
    assert any("rounding" in notice.text.en and notice.count == 1 for notice in batch.notices)


def test_more_than_rounding_does_not_land(read: Reader) -> None:
    assert values(bar(read, "10000,10001.6,10000.5,9990")) == (10000, 10001.6, None, 9990)  # 0.011 %


def test_columns_are_matched_by_name_in_any_order(read: Reader) -> None:
    batch = read("low,date,high,close,open\n99,2024-01-02,102,101,100\n", index="szse")
    assert values(batch) == (100, 101, 102, 99)
