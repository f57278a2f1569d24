"""What a cascade comes to, as tables.

What lives here: frames with units in their names. What does not: how a number comes about (``cascade.py``) and how it
is shown (the command line).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import polars as pl

from rongheng.account.stress.cascade_result import Cascade, Round
from rongheng.basics.money import BP, PPM

_DAYS = PPM // 100  # millionths of a day in a hundredth


def rounds_of(cascade: Cascade) -> pl.DataFrame:
    """Return one row a set of prices: the falls, who is called, what must be sold, limits, bad debt.

    ``fall_bp`` is how much less what indebted accounts held before the shock is worth, rounded up. Accounts and debt
    are those under their liquidation line before they sell.
    """
    before = cascade.rounds[0].value_milli
    rows = [_round(one, before) for one in cascade.rounds]
    return pl.DataFrame(rows, infer_schema_length=None)


def _round(one: Round, before: int) -> dict[str, int | None]:
    fall = -((one.value_milli - before) * BP // before) if before else None
    return asdict(one) | {"fall_bp": fall}


def sessions_of(cascade: Cascade) -> pl.DataFrame:
    """Return one row a session: what was sold, what it cost and repaid, what was kept as cash, what is left."""
    names = (
        "number",
        "rounds",
        "at_limit",
        "sold_milli",
        "costs_milli",
        "repaid_milli",
        "kept_milli",
        "repaid_from_cash_milli",
        "left_milli",
    )
    return pl.DataFrame([asdict(one) for one in cascade.sessions], schema=dict.fromkeys(names, pl.Int64()))


def securities_of(cascade: Cascade) -> pl.DataFrame:
    """Return one row for each security that was asked for, the most days of volume first.

    The days are hundredths, rounded up, of the most that was asked for in one session over this book's part of the
    average volume; null where that is not known. Prices are the first policy's.
    """
    codes = np.flatnonzero(cascade.asked)
    known = cascade.depth.average_shares[codes] > 0
    days = -(-cascade.depth.days_ppm(cascade.asked)[codes] // _DAYS)
    before, shocked, after = (
        price[: len(cascade.asked)][codes]
        for price in (cascade.before_milli, cascade.shocked_milli, cascade.after_milli)
    )
    frame = pl.DataFrame(
        {
            "security": cascade.marks.terms.securities.gather(codes),
            "before_milli": before,
            "shocked_milli": shocked,
            "after_milli": after,
            "fall_bp": -((after - shocked) * BP // np.maximum(shocked, 1)),
            "sold_shares": cascade.sold[codes],
            "days_of_volume_hundredths": pl.Series(days).set(pl.Series(~known), None),
            "sessions_at_limit": cascade.sessions_at_limit[codes],
        }
    )
    return frame.sort("days_of_volume_hundredths", "security", descending=[True, False], nulls_last=True)


def summary_of(named: Sequence[tuple[str, Cascade]]) -> pl.DataFrame:
    """Return one row for each cascade: how deep it went, and what it left. The names say how they differ."""
    return pl.DataFrame([{"impact": name} | _summary(one) for name, one in named], infer_schema_length=None)


def _summary(cascade: Cascade) -> dict[str, int | bool | None]:
    last = cascade.rounds[-1]
    return {
        "sessions": len(cascade.sessions),
        "rounds": sum(one.rounds for one in cascade.sessions),
        "is_settled": cascade.is_settled,
        "amplification_bp": cascade.amplification_bp,
        "sold_milli": sum(one.sold_milli for one in cascade.sessions),
        "at_limit": int((cascade.sessions_at_limit > 0).sum()),
        "left_milli": cascade.sessions[-1].left_milli if cascade.sessions else 0,
        "shortfall_accounts": last.shortfall_accounts,
        "shortfall_milli": last.shortfall_milli,
    }
