"""Notices to clients: who has something to be told about a session, what it is, and that it was told.

What lives here: which events make a notice and which were told already. What does not: how a notice is written
(``report.notices``); nothing is sent from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

import polars as pl

from rongheng.account.calls import Kind, State, Status, moment
from rongheng.account.calls.events import events_of
from rongheng.account.calls.lists import demands_on
from rongheng.basics.calendar import at
from rongheng.desk.ledger import Entry, Ledger

TOLD: Final = (
    Kind.WARNED,
    Kind.CALLED,
    Kind.MATURES,
    Kind.DUE,
    Kind.CONFIRMED,
    Kind.POSTPONED,
    Kind.EXTENDED,
    Kind.WAIVED,
    Kind.ROLLED,
    Kind.CURED,
    Kind.CLEARED,
    Kind.REPAID,
    Kind.LAPSED,
    Kind.RESTORED,
)
_ASKED: Final = (Status.OPEN.value, Status.LAPSED.value, Status.WARNED.value)
_AMOUNTS: Final = ("marked_at", "assets_milli", "debt_milli", "ratio_bp")


@dataclass(frozen=True)
class Notice:
    """What one client is to be told: what happened, what is asked now, and the mark that it rests on."""

    account_id: str
    session: date
    happened: Sequence[Mapping[str, Any]]  # events
    asks: Sequence[Mapping[str, Any]]  # demands that stand, with what is missing
    standing: Mapping[str, Any]  # marked_at, assets_milli, debt_milli, ratio_bp


def due_notices(ledger: Ledger, session: date) -> list[Notice]:
    """Return the notices of a session that were not written down as told, by account."""
    since, until = at(session, time.min), moment(session)
    with ledger.reading("Listing notices") as now:
        events = now.history(kinds=TOLD, since=since, until=until)
        accounts = events["account_id"].unique().to_list()
        told = now.history(accounts, kinds=[Kind.NOTICED])
        state = State(now.open_events(accounts).drop("sequence"))
    last = told.group_by("account_id").agg(told=pl.col("sequence").max())
    new = events.join(last, on="account_id", how="left").filter(pl.col("sequence") > pl.col("told").fill_null(0))
    asked = demands_on(state, session).filter(pl.col("status").is_in(_ASKED))
    asks = _by_account(asked.sort("account_id", "due", "demand", nulls_last=True))
    happened = _by_account(new.sort("account_id", "sequence"))
    return [
        Notice(account, session, rows, asks.get(account, []), _standing(asks.get(account, []), rows))
        for account, rows in happened.items()
    ]


def write_down(ledger: Ledger, notices: Iterable[Notice], texts: Mapping[str, str], now: datetime, entry: Entry) -> int:
    """Write down that notices were made, each with the mark that it rests on; return how many.

    Parameters
    ----------
    texts : by account, the sha256 of the text that was made
    """
    events = events_of(
        {
            "account_id": notice.account_id,
            "demand": "",
            "kind": Kind.NOTICED,
            "moment": now,
            "detail": f"sha256 {texts[notice.account_id]}",
        }
        | dict(notice.standing)
        for notice in notices
    )
    if events.height:
        with ledger.writing("Writing down notices") as pen:
            pen.append(entry, events)
    return events.height


def _by_account(rows: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    parts: dict[str, list[dict[str, Any]]] = {}
    for row in rows.iter_rows(named=True):
        parts.setdefault(row["account_id"], []).append(row)
    return parts


def _standing(asks: Sequence[Mapping[str, Any]], happened: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the amounts that stand: those of what is asked, else those of the last thing that happened."""
    rows = [row for row in (*happened, *asks[:1]) if row["debt_milli"] is not None]
    return {name: rows[-1][name] for name in _AMOUNTS} if rows else dict.fromkeys(_AMOUNTS)
