"""Simulated financing of a few securities, and who is a member of which index.

What lives here: balances, purchases and repayments by security, and lists of members. What does not: the market's own
totals (``accounts``), to which these few do not add up.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from rongheng.basics.ids import indices
from rongheng.market.sources.simulated.anchors import Clock

FIRST = date(2024, 1, 2)  # before that the simulated market has no single securities
_LISTS = (date(2024, 1, 2), date(2024, 6, 17), date(2024, 12, 16))  # new lists of members hold from these days on

_SECURITIES = tuple(
    f"{first + place:06}.{exchange}"
    for first, exchange in ((600000, "SH"), (688000, "SH"), (1, "SZ"), (300001, "SZ"))
    for place in range(6)
)
_INDICES = ("csi300", "csi500", "csi1000")
_BALANCE = 2e9
_STEP, _BOUGHT = 0.01, 0.05  # of the balance, by session


def security_tables(whole: Clock, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return margin trading by security from ``FIRST`` on, and the lists of members."""
    rng = np.random.Generator(np.random.PCG64([seed, 3]))
    sessions = [day for day in whole.sessions if day >= FIRST]
    parts = []
    for security in _SECURITIES:
        balance = np.round(_BALANCE * np.exp(np.cumsum(rng.normal(0, _STEP, len(sessions)))))
        before = np.concatenate(([_BALANCE], balance[:-1]))
        bought = np.round(np.maximum(before * _BOUGHT * rng.uniform(0.5, 1.5, len(sessions)), balance - before))
        columns = {"as_of": sessions, "financing_balance": balance, "financing_buys": bought}
        repaid = pl.Series("financing_repaid", before + bought - balance)
        parts.append(pl.DataFrame(columns).with_columns(repaid, security=pl.lit(security)))
    return pl.concat(parts), _members([day for day in _LISTS if day in set(sessions)])


def _members(days: list[date]) -> pl.DataFrame:
    """Return lists that part the securities among the indices, each list with every security moved on by one."""
    rows = [
        (day, indices()[key].code, security, True)
        for step, day in enumerate(days)
        for place, key in enumerate(_INDICES)
        for number, security in enumerate(_SECURITIES)
        if (number + step) % len(_INDICES) == place
    ]
    return pl.DataFrame(rows, schema=["as_of", "index", "security", "is_member"], orient="row")
