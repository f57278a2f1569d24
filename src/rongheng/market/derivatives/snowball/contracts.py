"""Check contracts: which terms make sense together, and which contracts are still alive.

What lives here: Problems, one row for each contract that cannot be valued; the other rows go on. What does not: the
shape of the table (``table.py``) and files (``files.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.basics.conform import conform
from rongheng.basics.ids import find_index
from rongheng.basics.text import Text
from rongheng.market.derivatives.snowball.market import SnowballMarket
from rongheng.market.derivatives.snowball.schedule import BP, schedule
from rongheng.market.derivatives.snowball.table import SNOWBALLS, Kind

PROBLEMS: Final = {
    "contract_id": pl.String(),
    "row": pl.Int64(),  # the first is 1
    "column": pl.String(),
    "found": pl.String(),
    "reason_zh": pl.String(),
    "reason_en": pl.String(),
}

# The terms that belong to one kind alone: it must have them, and no other kind may.
_OWN_TERMS: Final = {
    "step_down_bp": (Kind.STEP_DOWN, pl.col("step_down_bp") != 0),
    "early_coupon_ppm": (Kind.EARLY_COUPON, pl.col("early_coupon_ppm").is_not_null()),
    "early_months": (Kind.EARLY_COUPON, pl.col("early_months").is_not_null()),
    "final_knock_out_bp": (Kind.PARACHUTE, pl.col("final_knock_out_bp").is_not_null()),
    "floor_bp": (Kind.PROTECTED, pl.col("floor_bp") != 0),
}


@dataclass(frozen=True)
class Contracts:
    """Contracts that can be valued, and the Problems of those that cannot."""

    frame: pl.DataFrame
    problems: pl.DataFrame


@dataclass(frozen=True)
class _Check:
    """One thing that a contract must not be: which column shows it, and why it is wrong."""

    column: str
    is_wrong: pl.Expr
    reason: Text


def check_contracts(frame: pl.DataFrame, market: SnowballMarket, *, where: str) -> Contracts:
    """Return the contracts that can be valued in a market, with the Problems of the others.

    Parameters
    ----------
    frame : columns of the table of snowballs, in its types or as text
    where : how messages call the input

    Raises
    ------
    BookError
        A column is unknown or a required one is missing.
    """
    fitting, bad = conform(frame, SNOWBALLS, where=where)
    fitting = fitting.with_columns(
        pl.col("index").map_elements(_index_key, return_dtype=pl.String(), skip_nulls=True),
        row=pl.int_range(pl.len()) + 1,
    )
    problems = [_of_cells(fitting, bad)]
    for check in _checks(market):
        fitting, wrong = _without(fitting, check)
        problems.append(wrong)
    fitting = fitting.filter(~pl.col("row").is_in(bad["row"].implode()))
    fitting, wrong = _observed(fitting, market.session)
    found = pl.concat([*problems, wrong]).unique(["row"], keep="first", maintain_order=True).sort("row")
    return Contracts(fitting.drop("row"), found)


def _index_key(name: str) -> str:
    index = find_index(name)
    return name if index is None else index.key


def _of_cells(frame: pl.DataFrame, bad: pl.DataFrame) -> pl.DataFrame:
    """Return the cells that are no values of their column."""
    reasons = bad.join(frame.select("row", "contract_id"), on="row", how="left").with_columns(
        reason_zh=pl.format("应为：{}", "expected"), reason_en=pl.format("expected {}", "expected")
    )
    return reasons.select(*PROBLEMS).cast(pl.Schema(PROBLEMS))


def _without(frame: pl.DataFrame, check: _Check) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows that pass a check, and the others as Problems; a cell without a value is told already."""
    is_wrong = check.is_wrong.fill_null(value=False)
    wrong = frame.filter(is_wrong).with_columns(
        column=pl.lit(check.column),
        found=pl.col(check.column).cast(pl.String),
        reason_zh=pl.lit(check.reason.zh),
        reason_en=pl.lit(check.reason.en),
    )
    return frame.filter(~is_wrong), wrong.select(*PROBLEMS).cast(pl.Schema(PROBLEMS))


def _checks(market: SnowballMarket) -> list[_Check]:
    col = pl.col
    sessions = pl.Series(calendar().sessions).implode()
    known = list(market.indices)
    checks = [
        _Check("contract_id", col("contract_id").is_duplicated(), Text("合约编号重复", "stands more than once")),
        _Check("index", ~col("index").is_in(known), Text("行情中没有该指数", "is no index of the market file")),
        _Check("notional_milli", col("notional_milli") <= 0, Text("名义本金应为正", "must be more than 0")),
        _Check(
            "initial_points",
            ~(col("initial_points").is_finite() & (col("initial_points") > 0)),
            Text("期初价格应为正", "must be more than 0"),
        ),
        _Check("start", col("start") > market.session, Text("尚未起始", "begins after the session")),
        _Check("maturity", col("maturity") <= market.session, Text("已经到期", "is past: the contract has ended")),
        _Check("maturity", col("maturity") <= col("start"), Text("到期日应晚于起始日", "is not after the start")),
        _Check("start", ~col("start").is_in(sessions), Text("不是交易日", "is no session")),
        _Check("maturity", ~col("maturity").is_in(sessions), Text("不是交易日", "is no session")),
        _Check("coupon_ppm", col("coupon_ppm") < 0, Text("票息不得为负", "must not be negative")),
        _Check("lockup_months", col("lockup_months") < 0, Text("锁定期不得为负", "must not be negative")),
        _Check("knock_in_bp", col("knock_in_bp") < 0, Text("敲入水平不得为负", "must not be negative")),
        _Check(
            "knock_in_bp",
            col("knock_in_bp") >= col("knock_out_bp"),
            Text("敲入不低于敲出", "is not under the knock-out"),
        ),
        _Check(
            "final_knock_out_bp",
            col("final_knock_out_bp") < col("knock_in_bp"),
            Text("期末敲出低于敲入", "is under the knock-in"),
        ),
        _Check("strike_bp", col("strike_bp") <= 0, Text("行权水平应为正", "must be more than 0")),
        _Check(
            "floor_bp",
            (col("floor_bp") < 0) | (col("floor_bp") > 10_000),
            Text("应在 0 与本金之间", "must lie between 0 and the notional"),
        ),
    ]
    return checks + [check for column in _OWN_TERMS for check in _own_term(column)]


def _own_term(column: str) -> list[_Check]:
    kind, is_given = _OWN_TERMS[column]
    is_kind = pl.col("kind") == kind.value
    return [
        _Check(column, is_kind & ~is_given, Text(f"{kind.value} 应给出此项", f"is what a {kind.value} contract needs")),
        _Check(
            column, ~is_kind & is_given, Text(f"仅 {kind.value} 可有此项", f"belongs to {kind.value} contracts alone")
        ),
    ]


def _observed(frame: pl.DataFrame, session: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the contracts whose listed observations can be used, the listed days sorted, and the others' Problems."""
    listed = frame.filter(pl.col("observations").is_not_null())
    wrong = []
    for row in listed.iter_rows(named=True):
        reason = _wrong_days(row)
        if reason is not None:
            wrong.append((row["contract_id"], row["row"], "observations", *reason))
    problems = pl.DataFrame(wrong, schema=PROBLEMS, orient="row")
    usable = frame.filter(~pl.col("row").is_in(problems["row"].implode()))
    fallen = _fallen(usable, session)
    kept = usable.filter(~pl.col("row").is_in(fallen["row"].implode()))
    return kept, pl.concat([problems, fallen])


def _fallen(frame: pl.DataFrame, session: date) -> pl.DataFrame:
    """Return the Problems of contracts whose barrier steps down to the knock-in line, or to nothing."""
    ahead = schedule(frame).after(session)
    lowest = np.full(frame.height, np.inf)
    np.minimum.at(lowest, ahead.contract, ahead.barrier)
    under = (lowest <= 0) | (lowest * BP < frame["knock_in_bp"].to_numpy() - 0.5)
    wrong = frame.filter(pl.Series(under)).with_columns(
        column=pl.lit("step_down_bp"),
        found=pl.col("step_down_bp").cast(pl.String),
        reason_zh=pl.lit("敲出水平下移至敲入水平以下"),
        reason_en=pl.lit("takes the knock-out level under the knock-in"),
    )
    return wrong.select(*PROBLEMS).cast(pl.Schema(PROBLEMS))


def _wrong_days(row: dict[str, object]) -> tuple[str, str, str] | None:
    """Return what is wrong with listed observations: the day found, and why in both languages."""
    before = row["start"]
    words = str(row["observations"]).split()
    for word in words:
        try:
            day = date.fromisoformat(word)
        except ValueError:
            return word, "不是日期", "is no date such as 2025-01-10"
        if not calendar().is_session(day):
            return word, "不是交易日", "is no session"
        if day <= before:  # type: ignore[operator]
            return word, "应晚于前一观察日及起始日", "is not after the observation before it, or the start"
        before = day
    if not words or before != row["maturity"]:
        return words[-1] if words else "", "最后观察日应为到期日", "the last observation must be the maturity"
    return None
