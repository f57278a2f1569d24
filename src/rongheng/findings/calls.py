"""Detector: what a day's calls and forced sales ask to be looked at, and the day's figures.

What lives here: counts and sums of a day's events, demands and plans, and which of them are worth a finding. What does
not: the calls (``account.calls``) and the plans (``account.liquidation``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

import polars as pl

from rongheng.account.calls import Kind
from rongheng.account.calls.lists import IS_LAPSED, IS_OPEN, IS_RUNNING
from rongheng.basics.calendar import calendar
from rongheng.basics.grades import Grade
from rongheng.basics.text import Text
from rongheng.findings.accounts import SUBJECT, as_amount
from rongheng.findings.finding import Finding, Severity

CALLS: Final = "calls"  # what these findings cite
LABELS: Final[Mapping[str, Text]] = {
    "warned": Text("当日预警", "warned"),
    "called": Text("当日新增追保", "called"),
    "cured": Text("当日补足", "cured"),
    "lapsed": Text("当日逾期", "lapsed"),
    "open": Text("追保未了结", "open calls"),
    "due_next": Text("下一交易日到期", "due next session"),
    "standing_lapsed": Text("逾期未补", "lapsed and standing"),
    "planned": Text("强平方案", "forced sales planned"),
    "not_planned": Text("逾期但未作方案", "lapsed without a plan"),
    "carried": Text("结转次日", "carried over"),
    "bad_debt": Text("预计坏账", "bad debt expected"),
    "under_after_fall_30": Text("若下跌30%：平仓线下", "if prices fell by 30%: under the liquidation line"),
    "short_after_fall_30": Text("若下跌30%：穿仓", "if prices fell by 30%: short of collateral"),
    "under_after_fall_50": Text("若下跌50%：平仓线下", "if prices fell by 50%: under the liquidation line"),
    "short_after_fall_50": Text("若下跌50%：穿仓", "if prices fell by 50%: short of collateral"),
}
_EVENTS: Final = {
    "warned": (Kind.WARNED,),
    "called": (Kind.CALLED, Kind.MATURES),
    "cured": (Kind.CURED, Kind.REPAID, Kind.RESTORED),
    "lapsed": (Kind.LAPSED,),
}
Row = Mapping[str, Any]


def figures_of_day(
    events: pl.DataFrame, demands: pl.DataFrame, outcomes: pl.DataFrame, not_planned: pl.DataFrame, *, session: date
) -> list[dict[str, Any]]:
    """Return one row for each figure of the day: its name, how many accounts, and an amount where it has one.

    The amount of calls is the accounts' debt; of plans the amount that is sold, still to be sold, or not covered.

    Parameters
    ----------
    events : what happened in the session
    demands : what is asked at its end
    outcomes : how the planned accounts end
    not_planned : the accounts with a lapsed demand that no plan is made for
    """
    rows = [
        _figure(name, events.filter(pl.col("kind").is_in([kind.value for kind in kinds])), "debt_milli")
        for name, kinds in _EVENTS.items()
    ]
    following = calendar().offset(session, 1)
    parts = {
        "open": demands.filter(IS_RUNNING),
        "due_next": demands.filter(IS_OPEN & (pl.col("due").dt.date() == following)),
        "standing_lapsed": demands.filter(IS_LAPSED),
    }
    rows += [_figure(name, part, "debt_milli") for name, part in parts.items()]
    rows.append(_figure("planned", outcomes, "sold_milli"))
    rows.append({"figure": "not_planned", "accounts": not_planned.height, "amount_milli": None})
    plans = {
        "carried": (outcomes.filter(pl.col("outcome") == "carried"), "remainder_milli"),
        "bad_debt": (outcomes.filter(pl.col("bad_debt_milli") > 0), "bad_debt_milli"),
    }
    return [*rows, *(_figure(name, part, amount) for name, (part, amount) in plans.items())]


def figures_of_falls(scenarios: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the debt that would be under the liquidation line, and what collateral would not cover, after two falls.

    Parameters
    ----------
    scenarios : what the scenarios come to, those that ship among them
    """
    by_name = {row["scenario"]: row for row in scenarios.iter_rows(named=True)}
    return [
        {"figure": f"{figure}_after_{fall}", "accounts": by_name[fall][accounts], "amount_milli": by_name[fall][amount]}
        for fall in ("fall_30", "fall_50")
        for figure, accounts, amount in (
            ("under", "called_accounts", "called_debt_milli"),
            ("short", "shortfall_accounts", "shortfall_milli"),
        )
    ]


def call_findings(session: date, figures: Sequence[Row], grade: Grade) -> Iterator[Finding]:
    """Yield the findings about a day's calls."""
    by_name = {row["figure"]: row for row in figures}
    for name, severity, zh, en in _FOUND:
        row = by_name[name]
        if row["accounts"]:
            count, amount = row["accounts"], as_amount(row["amount_milli"] or 0)
            one = "1 account" if count == 1 else f"{count:,} accounts"
            statement = Text(f"{count:,} 户{zh}。", f"{one} {en}.")
            evidence = Text(f"{LABELS[name].zh} {amount.zh}", f"{LABELS[name].en}: {amount.en}.")
            yield Finding(SUBJECT, session, severity, statement, evidence, CALLS, grade)


_FOUND: Final = (
    ("bad_debt", Severity.HIGH, "全部卖出仍不足以偿债", "cannot pay even if everything is sold"),
    ("standing_lapsed", Severity.HIGH, "逾期未补足，可以强制平仓", "did not meet a call in time and may be sold out"),
    ("carried", Severity.WATCH, "当日卖不完，结转次日", "cannot be sold out in one session"),
    ("due_next", Severity.WATCH, "须在下一交易日补足", "must act in the next session"),
)


def _figure(name: str, rows: pl.DataFrame, amount: str) -> dict[str, Any]:
    """Count accounts once each; several demands of one account share its amount."""
    each = rows.group_by("account_id").agg(pl.col(amount).drop_nulls().last())
    total = each[amount].drop_nulls()
    return {"figure": name, "accounts": each.height, "amount_milli": int(total.sum()) if len(total) else None}
