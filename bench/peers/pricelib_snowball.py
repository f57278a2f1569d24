"""pricelib's PDE and quadrature on contracts that it is told on stdin; run in an environment of its own.

pricelib pins other versions of NumPy and Numba than the product, so nothing else is imported here. One JSON list of
contracts comes in; one JSON list of prices, deltas and seconds goes out.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import date
from typing import Any

from pricelib import (  # type: ignore[import-not-found]
    FdmSnowBallEngine,
    QuadSnowballEngine,
    StandardSnowball,
    StatusType,
    set_evaluation_date,
)

RUNS = 3


def main() -> None:
    """Price every contract of stdin."""
    json.dump([_priced(contract) for contract in json.load(sys.stdin)], sys.stdout)


def _priced(contract: dict[str, Any]) -> dict[str, Any]:
    set_evaluation_date(date.fromisoformat(contract["session"]))
    inputs = {name: contract[name] for name in ("s", "r", "q", "vol")}
    found: dict[str, Any] = {}
    engines: dict[str, Any] = {
        "PDE 800": lambda: FdmSnowBallEngine(**inputs),
        "PDE 2400": lambda: FdmSnowBallEngine(s_step=2400, **inputs),
        "QUAD 1301": lambda: QuadSnowballEngine(**inputs),
    }
    for name, engine in engines.items():
        product = _product(contract)
        product.set_pricing_engine(engine())
        product.price()  # compiles
        seconds = []
        for _ in range(RUNS):
            begun = time.perf_counter()
            price = float(product.price())
            seconds.append(time.perf_counter() - begun)
        delta = float(product.delta())
        seconds.sort()
        found[name] = {"price": price, "delta": delta, "seconds": seconds[RUNS // 2], "fastest": seconds[0]}
    return found


def _product(contract: dict[str, Any]) -> Any:
    days = [date.fromisoformat(day) for day in contract["observations"]]
    product = StandardSnowball(
        s0=100,
        barrier_out=100,
        barrier_in=contract["line"],
        coupon_out=1,
        coupon_div=contract["kept"],
        start_date=date.fromisoformat(contract["start"]),
        end_date=days[-1],
        obs_dates=days,
        pay_dates=days,
        status=StatusType.DownTouch if contract["knocked_in"] else StatusType.NoTouch,
    )
    for place, (barrier, rate) in enumerate(zip(contract["barriers"], contract["rates"], strict=True)):
        product.barrier_out[place] = barrier
        product.coupon_out[place] = rate
    product.strike_lower = contract["floor"]
    return product


main()
