"""What the ledger says, as frames: the events of what is open, the history of an account, runs and commits.

What lives here: queries inside one transaction, whose answers belong together. What does not: what the events mean
(``account.calls``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Row,
    Select,
    and_,
    func,
    or_,
    select,
    type_coerce,
)

from rongheng.account.calls.events import EVENTS as EVENT_TABLE
from rongheng.account.calls.events import MOMENT
from rongheng.account.calls.state import State
from rongheng.desk.ledger.chain import START
from rongheng.desk.ledger.schema import COMMITS, EVENTS, OPEN_DEMANDS, RUNS, TERMS, Moment


def _bare(column: Column[Any]) -> ColumnElement[Any]:
    """Return a column whose moments come as the database has them: many at once get their zone in a frame."""
    return type_coerce(column, DateTime()).label(column.name) if isinstance(column.type, Moment) else column


_SOME = 500  # accounts that are named one by one in a query; more are picked out of all
COMMIT_SCHEMA = {
    "number": pl.Int64(),
    "recorded_at": MOMENT,
    "action": pl.String(),
    "by_whom": pl.String(),
    "why": pl.String(),
}
RUN_SCHEMA = {
    "moment": MOMENT,
    "marks": pl.String(),
    "place": pl.String(),
    "accounts": pl.Int64(),
    "grade": pl.String(),
}
TERMS_SCHEMA: dict[str, pl.DataType] = {"policy": pl.String(), "terms": pl.String()}
OWN_SCHEMA = {"sequence": pl.Int64(), **EVENT_TABLE.schema}
RUN_COLUMNS = [_bare(RUNS.c[name]) for name in RUN_SCHEMA]
OWN_COLUMNS = [_bare(EVENTS.c[field.name]) for field in EVENT_TABLE.fields]
HISTORY_SCHEMA = {
    "sequence": pl.Int64(),
    "recorded_at": MOMENT,
    "action": pl.String(),
    "by_whom": pl.String(),
    "why": pl.String(),
    **EVENT_TABLE.schema,
}


@dataclass(frozen=True, slots=True)
class Head:
    """The last commit: its number, the last event in it, and the digest that vouches for all before."""

    number: int
    last_sequence: int
    digest: str


@dataclass(frozen=True, slots=True)
class Run:
    """A moment at which the calls were judged, and the marks that this rested on."""

    moment: datetime
    marks: str
    place: str
    accounts: int
    grade: str
    commit_number: int


class Reading:
    """The ledger as it stands in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def head(self) -> Head:
        """Return the last commit, number 0 where there is none."""
        row = self._connection.execute(
            select(COMMITS.c.number, COMMITS.c.last_sequence, COMMITS.c.digest).order_by(COMMITS.c.number.desc())
        ).first()
        return Head(0, 0, START) if row is None else Head(*row)

    def open_events(self, accounts: Sequence[str] | None = None) -> pl.DataFrame:
        """Return what the state of the open demands is folded from: their own events, and their accounts' since.

        Parameters
        ----------
        accounts : only theirs; ``None`` means all
        """
        first = select(OPEN_DEMANDS.c.account_id, func.min(OPEN_DEMANDS.c.first_sequence).label("first"))
        began = first.group_by(OPEN_DEMANDS.c.account_id).subquery()
        is_open = and_(OPEN_DEMANDS.c.account_id == EVENTS.c.account_id, OPEN_DEMANDS.c.demand == EVENTS.c.demand)
        rows = (
            select(EVENTS.c.sequence, *OWN_COLUMNS)
            .join(began, began.c.account_id == EVENTS.c.account_id)
            .outerjoin(OPEN_DEMANDS, is_open)
            .where(EVENTS.c.sequence >= began.c.first)
            .where(or_(OPEN_DEMANDS.c.demand.is_not(None), EVENTS.c.demand == ""))
        )
        return self._frame(rows, OWN_SCHEMA, accounts)

    def events_of_commit(self, number: int) -> pl.DataFrame:
        """Return the events of one commit."""
        return self._frame(
            select(EVENTS.c.sequence, *OWN_COLUMNS).where(EVENTS.c.commit_number == number), OWN_SCHEMA, None
        )

    def history(
        self,
        accounts: Sequence[str] | None = None,
        *,
        kinds: Sequence[str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> pl.DataFrame:
        """Return events with who recorded them, when and why, in the order in which they came."""
        rows = select(
            EVENTS.c.sequence,
            _bare(COMMITS.c.recorded_at),
            COMMITS.c.action,
            COMMITS.c.by_whom,
            COMMITS.c.why,
            *OWN_COLUMNS,
        ).join(COMMITS, COMMITS.c.number == EVENTS.c.commit_number)
        if kinds is not None:
            rows = rows.where(EVENTS.c.kind.in_(kinds))
        if since is not None:
            rows = rows.where(EVENTS.c.moment >= since)
        if until is not None:
            rows = rows.where(EVENTS.c.moment <= until)
        return self._frame(rows, HISTORY_SCHEMA, accounts)

    def last_event_before(self, commit: int) -> int:
        """Return the last event that was written before a commit, 0 where there is none."""
        last = select(func.max(COMMITS.c.last_sequence)).where(COMMITS.c.number < commit)
        return int(self._connection.execute(last).scalar() or 0)

    def state_after(self, commit: int) -> State:
        """Return where the calls stood once that commit was written, whatever came later."""
        if self.head().number == commit:
            return State(self.open_events().drop("sequence"))
        events = self.history()
        return State.begin().after(events.filter(pl.col("sequence") <= self.last_event_before(commit + 1)))

    def version_of(self, account: str) -> int:
        """Return the number of the account's last event, 0 for an account that the ledger does not know."""
        last = select(func.max(EVENTS.c.sequence)).where(EVENTS.c.account_id == account)
        return int(self._connection.execute(last).scalar() or 0)

    def runs(self) -> list[Run]:
        """Return every moment at which the calls were judged, the earliest first."""
        rows = self._connection.execute(
            select(*(RUNS.c[name] for name in RUN_SCHEMA), RUNS.c.commit_number).order_by(RUNS.c.moment)
        )
        return [Run(**row) for row in rows.mappings()]

    def find_run(self, moment: datetime) -> Run | None:
        """Return the run of that moment, or ``None``."""
        return next((run for run in self.runs() if run.moment == moment), None)

    def terms(self) -> dict[str, str]:
        """Return the terms that stand for each policy, as JSON."""
        rows = self._connection.execute(select(TERMS.c.policy, TERMS.c.terms).order_by(TERMS.c.commit_number))
        return {row.policy: row.terms for row in rows}

    def changes_of_terms(self, policy: str) -> list[tuple[int, str]]:
        """Return each commit at which a policy's terms changed, with the terms from there on, as JSON."""
        query = select(TERMS.c.commit_number, TERMS.c.terms).where(TERMS.c.policy == policy)
        return [
            (row.commit_number, row.terms) for row in self._connection.execute(query.order_by(TERMS.c.commit_number))
        ]

    def commits(self) -> Iterator[dict[str, Any]]:
        """Yield every commit, the first one first."""
        for row in self._connection.execute(select(COMMITS).order_by(COMMITS.c.number)).mappings():
            yield dict(row)

    def open_demands(self) -> dict[tuple[str, str], int]:
        """Return the index of open demands: for each account and demand its first event."""
        rows = self._connection.execute(select(OPEN_DEMANDS))
        return {(row.account_id, row.demand): row.first_sequence for row in rows}

    def _frame(
        self, query: Select[Any], schema: dict[str, pl.DataType], accounts: Sequence[str] | None
    ) -> pl.DataFrame:
        if accounts is not None and len(accounts) <= _SOME:
            query = query.where(EVENTS.c.account_id.in_(accounts))
        frame = frame_of(self._connection.execute(query.order_by(EVENTS.c.sequence)).all(), schema)
        if accounts is not None and len(accounts) > _SOME:
            return frame.filter(pl.col("account_id").is_in(accounts))
        return frame


def parts_of(commit: Mapping[str, Any], connection: Connection) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield the rows of a commit by table, as its digest counts them."""
    number = commit["number"]
    yield "commits", commit_row(commit)
    runs = select(*RUN_COLUMNS).where(RUNS.c.commit_number == number)
    yield "runs", frame_of(connection.execute(runs).all(), RUN_SCHEMA)
    terms = select(TERMS.c.policy, TERMS.c.terms).where(TERMS.c.commit_number == number).order_by(TERMS.c.policy)
    yield "terms", frame_of(connection.execute(terms).all(), TERMS_SCHEMA)
    events = select(EVENTS.c.sequence, *OWN_COLUMNS).where(EVENTS.c.commit_number == number)
    yield "call_events", frame_of(connection.execute(events.order_by(EVENTS.c.sequence)).all(), OWN_SCHEMA)


def commit_row(commit: Mapping[str, Any]) -> pl.DataFrame:
    """Return what a commit says of itself, as its digest counts it."""
    return pl.DataFrame([[commit[name] for name in COMMIT_SCHEMA]], schema=COMMIT_SCHEMA, orient="row")


def frame_of(rows: Sequence[Row[*tuple[Any, ...]]], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """Return rows of the database as a frame; their moments are in UTC and have no zone."""
    bare = {name: pl.Datetime("us") if isinstance(dtype, pl.Datetime) else dtype for name, dtype in schema.items()}
    frame = pl.DataFrame([tuple(row) for row in rows], schema=bare, orient="row")
    moments = [name for name, dtype in schema.items() if isinstance(dtype, pl.Datetime)]
    zone = pl.col(moments).dt.replace_time_zone("UTC").dt.convert_time_zone("Asia/Shanghai")
    return frame.with_columns(zone) if moments else frame
