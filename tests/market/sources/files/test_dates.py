"""Dates in every dress that files give them."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongheng.market.sources.files.dates import days, parse_day


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05",
        "2026/1/5",
        "2026.01.05",
        "2026年1月5日",
        "20260105",
        "20260105.0",
        "46027",  # days since 1899-12-30, as Excel counts
        "46027.625",
        "2026-01-05 00:00:00",
        "2026-01-05T15:00:00.000",
        "2026-01-05 00:00:00.000000",
        "2026-01-04T16:00:00Z",
        "2026-01-05T00:00:00+08:00",
        "２０２６－０１－０５",
        ' ="2026-01-05" ',
    ],
)
def test_a_date_is_read_in_every_dress(text: str) -> None:
    assert parse_day(text) == date(2026, 1, 5)


@pytest.mark.parametrize("text", ["", "2026-13-05", "2026-02-30", "合计", "05/01/2026", "2026-1", "202601051", "1"])
def test_what_is_no_date_gives_none(text: str) -> None:
    assert parse_day(text) is None


@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2079, 12, 31)))
def test_every_style_of_a_day_reads_back_as_that_day(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    styles = [
        day.isoformat(),
        f"{day.year}/{day.month}/{day.day}",
        f"{day:%Y%m%d}",
        f"{day.year}年{day.month}月{day.day}日",
        str(serial),
        f"{day} 00:00:00",
    ]
    assert days(pl.Series(styles)).to_list() == [day] * len(styles)
