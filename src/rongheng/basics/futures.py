"""Index futures of CFFEX (中金所股指期货): products, what a point is worth, since when, and on which index.

What lives here: the contract's own terms, as the exchange printed them at launch. What does not: prices.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Final

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import UsageError

_CONTRACT = re.compile(r"^(?P<product>[A-Z]{2})(?P<year>\d{2})(?P<month>0[1-9]|1[0-2])$")
_FRIDAY = 4


@dataclass(frozen=True, slots=True)
class Product:
    """One product: yuan a point, its first session, and the key of its index."""

    code: str
    yuan_per_point: int
    first: date
    index: str


PRODUCTS: Final = {
    product.code: product
    for product in (
        Product("IF", 300, date(2010, 4, 16), "csi300"),
        Product("IH", 300, date(2015, 4, 16), "sse50"),
        Product("IC", 200, date(2015, 4, 16), "csi500"),
        Product("IM", 200, date(2022, 7, 22), "csi1000"),
    )
}


@cache
def last_trading_day(contract: str) -> date:
    """Return the last trading day of a contract (最后交易日): the third Friday of its month, or the next session.

    >>> str(last_trading_day("IM2501")), str(last_trading_day("IF2402"))  # 16 February 2024 lay in the holidays
    ('2025-01-17', '2024-02-19')

    Raises
    ------
    UsageError
        The code is not of an index future: a product and the year and month, such as IM2501.
    """
    match = _CONTRACT.match(contract)
    if match is None or match["product"] not in PRODUCTS:
        raise UsageError(f"{contract!r} is no contract of {', '.join(PRODUCTS)}. Expected a code such as IM2501.")
    first = date(2000 + int(match["year"]), int(match["month"]), 1)
    day = first + timedelta(days=(_FRIDAY - first.weekday()) % 7 + 14)
    return day if calendar().is_session(day) else calendar().offset(calendar().on_or_before(day), 1)
