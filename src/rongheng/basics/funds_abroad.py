"""Funds that invest abroad (QDII): which they are. Their values wait for markets that close after ours.

What lives here: Shanghai's range of codes for them, and a list of Shenzhen's, whose codes do not tell. What does not:
when a value is known (``tables``). A fund of Shenzhen that the list lacks counts as one that invests at home.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import Final

import polars as pl

_SHANGHAI: Final = r"^513\d{3}\.SH$"


@cache
def _shenzhen() -> tuple[str, ...]:
    text = files("rongheng.basics").joinpath("funds_abroad.csv").read_text(encoding="utf-8")
    return tuple(row["security"] for row in csv.DictReader(text.splitlines()))


def invests_abroad(security: pl.Expr) -> pl.Expr:
    """Say for codes such as ``513100.SH`` whether the fund invests abroad.

    >>> funds = pl.DataFrame({"security": ["513100.SH", "510300.SH", "159920.SZ", "159919.SZ"]})
    >>> funds.select(invests_abroad(pl.col("security"))).to_series().to_list()
    [True, False, True, False]
    """
    return security.str.contains(_SHANGHAI) | security.is_in(_shenzhen())
