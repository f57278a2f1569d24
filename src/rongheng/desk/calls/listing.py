"""The lists that a desk works from, read from the ledger.

What lives here: which list is which question to the ledger. What does not: phases and what is missing
(``account.calls.lists``) and how a list is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

import polars as pl

from rongheng.account.calls import Kind, State, Status, moment
from rongheng.account.calls.lists import (
    IS_LAPSED,
    IS_NEXT_DAY,
    IS_OPEN,
    IS_RUNNING,
    IS_UNDER_A_LINE,
    accounts_of,
    demands_on,
)
from rongheng.account.calls.moments import END_OF_DAY, session_of
from rongheng.basics.calendar import at
from rongheng.basics.errors import UsageError
from rongheng.basics.text import Text
from rongheng.desk.ledger import Ledger, Reading


class Which(StrEnum):
    """Which list."""

    ALL = "all"
    NEW = "new"
    DUE = "due"
    NEXT_DAY = "next_day"
    OUTSTANDING = "outstanding"
    CURED = "cured"
    LAPSED = "lapsed"
    MATURING = "maturing"


LISTS: Final[Mapping[Which, Text]] = {
    Which.ALL: Text("全部", "everything open"),
    Which.NEW: Text("当日新增追保", "new calls"),
    Which.DUE: Text("今日到期", "due today"),
    Which.NEXT_DAY: Text("次日平仓线", "next-day line"),
    Which.OUTSTANDING: Text("长期未补", "long outstanding"),
    Which.CURED: Text("当日解除", "cured"),
    Which.LAPSED: Text("逾期未补", "lapsed"),
    Which.MATURING: Text("合约到期", "contracts that end"),
}
_ENDED: Final = (Kind.CURED, Kind.RESTORED, Kind.REPAID)


@dataclass(frozen=True)
class Listed:
    """A list as of a session: one row an account."""

    which: Which
    session: date
    rows: pl.DataFrame
    grade: str  # of the last marks


def list_calls(ledger: Ledger, which: Which, *, session: date | None = None, longer_than: int = 5) -> Listed:
    """Return one list of accounts.

    Parameters
    ----------
    session : that day's view of what is open now; the last one that was judged unless given
    longer_than : sessions after which an open call is long outstanding

    Raises
    ------
    UsageError
        Nothing was judged yet.
    """
    with ledger.reading("Listing calls") as now:
        day = session or last_session(now, ledger.place)
        grade = next((run.grade for run in reversed(now.runs()) if run.grade), "")
        if which is Which.CURED:
            return Listed(which, day, _cured(now, day), grade)
        demands = demands_on(State(now.open_events().drop("sequence")), day)
    chosen = {
        Which.ALL: pl.lit(value=True),
        Which.NEW: IS_RUNNING & IS_UNDER_A_LINE & (pl.col("opened").dt.date() == day),
        Which.DUE: IS_OPEN & (pl.col("due").dt.date() == day),
        Which.NEXT_DAY: IS_NEXT_DAY,
        Which.OUTSTANDING: IS_RUNNING & (pl.col("sessions_open") > longer_than),
        Which.LAPSED: IS_LAPSED,
        Which.MATURING: IS_RUNNING & ~IS_UNDER_A_LINE,
    }[which]
    return Listed(which, day, accounts_of(demands.filter(chosen)), grade)


def last_session(now: Reading, place: str) -> date:
    """Return the last session that was judged."""
    runs = now.runs()
    if not runs:
        raise UsageError(f"The ledger {place} has judged nothing yet; begin with `rongheng calls run`.")
    return session_of(runs[-1].moment)


def _cured(now: Reading, day: date) -> pl.DataFrame:
    """Return the accounts of which something ended in a session and nothing is asked any more."""
    ended = now.history(kinds=_ENDED, since=at(day, END_OF_DAY.min), until=moment(day))
    state = State(now.open_events(ended["account_id"].unique().to_list()).drop("sequence"))
    asked = state.demands.filter(pl.col("status").is_in([Status.OPEN.value, Status.LAPSED.value]))
    rows = ended.join(asked, on="account_id", how="anti").unique("account_id", keep="last", maintain_order=True)
    names = [
        "account_id",
        "line",
        "contract_id",
        "kind",
        "moment",
        "target_bp",
        "ratio_bp",
        "assets_milli",
        "debt_milli",
    ]
    return rows.select(names).sort("account_id")


def lapsed_accounts(ledger: Ledger) -> pl.DataFrame:
    """Return the demands that have lapsed and stand: what may be sold for, and to which ratio it must come back.

    One row a demand: account_id, policy, line, contract_id (a contract that ended unpaid), target_bp (null then),
    opened, due, assets_milli, debt_milli.
    """
    with ledger.reading("Listing lapsed calls") as now:
        state = State(now.open_events().drop("sequence"))
    rows = state.demands.filter(IS_LAPSED).drop("policy", "assets_milli", "debt_milli", "ratio_bp")
    names = ["account_id", "policy", "line", "contract_id", "target_bp", "opened", "due", "assets_milli", "debt_milli"]
    return rows.join(state.standing, on="account_id").select(names)
