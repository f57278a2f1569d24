"""Who is asked for what: the lists that a desk works from, one row an account.

What lives here: phases, and what is missing to each target. What does not: how lists are shown, and events of the past
(the ledger).
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Final

import polars as pl

from rongheng.account.calls.events import Status
from rongheng.account.calls.state import State
from rongheng.account.calls.terms import EMERGENCY, RANKS
from rongheng.basics.account_tables import LINES
from rongheng.basics.calendar import calendar
from rongheng.basics.money import BP


class Phase(StrEnum):
    """Where an account's calls stand, from the mildest to the gravest."""

    WAITING = "waiting"  # of a waiver, a roll-over or a proposal
    WARNED = "warned"
    CALLED = "called"
    DUE = "due"  # in this session
    EMERGENCY = "emergency"  # called under the emergency line or a graver one
    LAPSED = "lapsed"  # may be sold


IS_RUNNING: Final = pl.col("status").is_in([Status.OPEN.value, Status.LAPSED.value])
IS_OPEN: Final = pl.col("status") == Status.OPEN.value
IS_LAPSED: Final = pl.col("status") == Status.LAPSED.value
IS_UNDER_A_LINE: Final = pl.col("line").is_in(LINES)  # not a contract's end
IS_NEXT_DAY: Final = IS_RUNNING & (pl.col("line") == "next_day")


def demands_on(state: State, session: date) -> pl.DataFrame:
    """Return every demand with its phase in a session, the account's standing and what is missing to the target.

    ``cash_missing_milli`` is ⌈T·D − A⌉ and ``repay_missing_milli`` ⌈D − A/T⌉, on the last mark with what was paid
    since; null where there is no target.
    """
    rows = state.demands.drop("policy", "assets_milli", "debt_milli", "ratio_bp")
    rows = rows.join(state.standing, on="account_id", how="left")
    assets, debt, target = pl.col("assets_milli"), pl.col("debt_milli"), pl.col("target_bp")
    missing = debt * target - assets * BP
    opened = rows["opened"].dt.date().unique().to_list()
    ages = pl.DataFrame(
        {"day": opened, "sessions_open": [calendar().count_between(day, session) for day in opened]},
        schema={"day": pl.Date(), "sessions_open": pl.Int64()},
    )
    return (
        rows.with_columns(
            ratio_bp=pl.when(debt > 0).then(assets * BP // debt),
            cash_missing_milli=_ceiling(missing, pl.lit(BP)),
            repay_missing_milli=_ceiling(missing, target),
            paid=(pl.col("paid_at") > pl.col("opened")).fill_null(value=False),
            phase=_phase(session),
            day=pl.col("opened").dt.date(),
        )
        .join(ages, on="day", how="left")
        .drop("day")
    )


def accounts_of(demands: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each account among the demands: that of its gravest phase and its soonest deadline."""
    order = {phase.value: number for number, phase in enumerate(Phase)}
    ranked = demands.with_columns(
        gravity=-pl.col("phase").replace_strict(order, return_dtype=pl.Int64()),
        line_rank=-pl.col("line").replace_strict(RANKS, default=-1, return_dtype=pl.Int64()),
        asked=pl.len().over("account_id"),
    )
    first = ranked.sort("account_id", "gravity", "due", "line_rank", "demand", nulls_last=True)
    return first.unique("account_id", keep="first", maintain_order=True).drop("gravity", "line_rank")


def _phase(session: date) -> pl.Expr:
    grave = pl.col("line").is_in(LINES[EMERGENCY:])
    cases = [
        (IS_LAPSED, Phase.LAPSED),
        (IS_OPEN & grave, Phase.EMERGENCY),
        (IS_OPEN & (pl.col("due").dt.date() == session), Phase.DUE),
        (IS_OPEN, Phase.CALLED),
        (pl.col("status") == Status.WARNED.value, Phase.WARNED),
    ]
    phases = [pl.when(applies).then(pl.lit(phase.value)) for applies, phase in cases]
    return pl.coalesce(*phases, pl.lit(Phase.WAITING.value))


def _ceiling(missing: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Return what is missing, rounded up to the milli-yuan, and never under zero."""
    return pl.when(missing > 0).then(-((-missing) // whole)).when(missing.is_not_null()).then(0)
