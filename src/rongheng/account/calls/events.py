"""What can happen to an account's calls, as rows that are only ever added.

What lives here: the kinds of events, the columns of an event, and what each kind makes of the demand it is about. What
does not: which events happen (``machine.py`` and its neighbours), and who, why and where they are kept (the ledger).

A *demand* (追保要求) is one thing asked of one account: to be back at ``target_bp`` by ``due`` after it fell under one
line, or to settle one contract. An account's call is all of its demands together; the soonest one is its deadline. An
event with an empty ``demand`` is about the whole account.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

import polars as pl

from rongheng.basics.account_tables import AccountTable, Field
from rongheng.basics.text import Text

MATURITY: Final = "maturity"  # stands for a line where a contract's term is what ends


class Kind(StrEnum):
    """What happened."""

    WARNED = "warned"  # under a line that sets no clock
    CALLED = "called"
    MATURES = "matures"  # a contract's term ends soon
    DUE = "due"  # falls due in this session
    PAID = "paid"
    MARKED = "marked"  # the daily snapshot of an account with an open call
    CONFIRMED = "confirmed"  # the exchanges announced the year of a provisional deadline
    POSTPONED = "postponed"  # the contract's security is suspended over the end of its term
    NOTICED = "noticed"
    PROPOSED = "proposed"  # a decision that waits for a second person
    APPROVED = "approved"
    REFUSED = "refused"
    EXTENDED = "extended"
    WAIVED = "waived"
    ROLLED = "rolled"  # a contract was rolled over
    BOOKED = "booked"  # the book shows the later end of a contract
    CURED = "cured"
    CLEARED = "cleared"  # a warning or a waiver is over
    REPAID = "repaid"  # a contract was settled
    LAPSED = "lapsed"
    RESTORED = "restored"  # the target was reached after the call had lapsed


class Status(StrEnum):
    """Where a demand stands."""

    WARNED = "warned"
    OPEN = "open"
    WAIVED = "waived"
    LAPSED = "lapsed"
    PROPOSED = "proposed"
    ROLLED = "rolled"
    ENDED = "ended"


LEADS_TO: Final[Mapping[Kind, Status]] = {
    Kind.WARNED: Status.WARNED,
    Kind.CALLED: Status.OPEN,
    Kind.MATURES: Status.OPEN,
    Kind.EXTENDED: Status.OPEN,
    Kind.POSTPONED: Status.OPEN,
    Kind.WAIVED: Status.WAIVED,
    Kind.LAPSED: Status.LAPSED,
    Kind.PROPOSED: Status.PROPOSED,
    Kind.ROLLED: Status.ROLLED,
    Kind.APPROVED: Status.ENDED,
    Kind.REFUSED: Status.ENDED,
    Kind.BOOKED: Status.ENDED,
    Kind.CURED: Status.ENDED,
    Kind.CLEARED: Status.ENDED,
    Kind.REPAID: Status.ENDED,
    Kind.RESTORED: Status.ENDED,
}
"""What a demand is after an event of that kind; other kinds leave it where it stands."""

OPENING: Final = (Kind.WARNED, Kind.CALLED, Kind.MATURES, Kind.PROPOSED)  # each begins a demand

QUIET: Final = (Kind.DUE, Kind.CONFIRMED, Kind.NOTICED, Kind.PROPOSED, Kind.REFUSED)
"""What is only said or planned: what a client did before it may still be told after it."""

MOMENT: Final = pl.Datetime("us", "Asia/Shanghai")
_TEXT, _INT = pl.String(), pl.Int64()

EVENTS = AccountTable(
    "call_events",
    Text("追保事件", "events of calls"),
    ("account_id", "demand", "kind", "moment"),
    (
        Field("account_id", _TEXT, Text("账户编号", "account")),
        Field("demand", _TEXT, Text("要求（空：整个账户）", "demand (empty: the whole account)")),
        Field("kind", pl.Enum([kind.value for kind in Kind]), Text("事件", "what happened")),
        Field("moment", MOMENT, Text("时点", "when")),
        Field("policy", _TEXT, Text("适用政策", "policy"), None),
        Field("line", _TEXT, Text("触及的线", "line"), None),
        Field("contract_id", _TEXT, Text("合约编号", "contract"), None),
        Field("due", MOMENT, Text("期限", "due"), None),
        Field("provisional", pl.Boolean(), Text("期限为暂定", "deadline is provisional"), None),
        Field("within_sessions", _INT, Text("期限（交易日）", "within, in sessions"), None),
        Field("by", pl.Time(), Text("当日时点（空：日终）", "by, time of day (null: its end)"), None),
        Field("target_bp", _INT, Text("恢复目标", "ratio to be restored"), None),
        Field("needs_payment", pl.Boolean(), Text("须由客户补足", "a rise of prices alone does not cure"), None),
        Field("marked_at", MOMENT, Text("所依盯市时点", "moment of the mark it rests on"), None),
        Field("assets_milli", _INT, Text("总资产", "assets, with what was paid since the mark"), None),
        Field("debt_milli", _INT, Text("总负债", "debt, less what was repaid since the mark"), None),
        Field("ratio_bp", _INT, Text("维持担保比例（空：无负债）", "maintenance ratio (null: no debt)"), None),
        Field("cash_milli", _INT, Text("追加现金", "cash added"), None),
        Field("repay_milli", _INT, Text("偿还负债", "debt repaid"), None),
        Field(
            "collateral_milli", _INT, Text("追加其他担保物", "other collateral posted, or its change of value"), None
        ),
        Field("detail", _TEXT, Text("说明", "detail"), None),
    ),
)


def events_of(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Return events from rows that name only the columns they fill."""
    return pl.DataFrame(list(rows), schema=EVENTS.schema)


def no_events() -> pl.DataFrame:
    """Return an empty frame of events."""
    return pl.DataFrame(schema=EVENTS.schema)


def completed(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with every column of an event, in order; what it lacks is null."""
    missing = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in EVENTS.schema.items() if name not in frame]
    return frame.with_columns(missing).select(list(EVENTS.schema)).cast(EVENTS.dtypes)
