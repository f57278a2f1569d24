"""What the holder of the pen may do: append one commit, with its events, its run and changed terms.

What lives here: numbering, the index of open demands, the digest. What does not: which events there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection, and_, bindparam, delete, insert

from rongheng.account.calls.events import LEADS_TO, OPENING, Status
from rongheng.basics.errors import UsageError
from rongheng.desk.ledger.chain import digest_of
from rongheng.desk.ledger.reading import OWN_SCHEMA, RUN_COLUMNS, Head, Reading, Run
from rongheng.desk.ledger.schema import COMMITS, EVENTS, OPEN_DEMANDS, RUNS, TERMS


@dataclass(frozen=True, slots=True)
class Entry:
    """Who does what, why and when: what a commit says of itself."""

    action: str
    by: str
    why: str
    now: datetime

    def __post_init__(self) -> None:
        for name, value in (("--by", self.by), ("--why", self.why)):
            if not value.strip():
                raise UsageError(f"{name} is empty; the ledger keeps who did what and why. Say it.")


class Pen(Reading):
    """The ledger in the hands of its one writer."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._connection = connection

    def append(
        self,
        entry: Entry,
        events: pl.DataFrame,
        *,
        run: Run | None = None,
        terms: Mapping[str, str] | None = None,
    ) -> Head:
        """Append one commit and return it; it counts once the transaction ends."""
        head = self.head()
        number = head.number + 1
        numbered = events.with_row_index("sequence", offset=head.last_sequence + 1).select(list(OWN_SCHEMA))
        numbered = numbered.cast(pl.Schema(OWN_SCHEMA))
        rows = numbered.rows()
        commit = {
            "number": number,
            "recorded_at": entry.now,
            "action": entry.action,
            "by_whom": entry.by.strip(),
            "why": entry.why.strip(),
        }
        changed = sorted((terms or {}).items())
        parts: list[tuple[str, Sequence[Any]]] = []
        if run is not None:
            parts.append(("runs", [getattr(run, column.name) for column in RUN_COLUMNS]))
        parts += [("terms", row) for row in changed]
        parts += [("call_events", row) for row in rows]
        made = Head(number, head.last_sequence + len(rows), digest_of(head.digest, commit, parts))
        self._connection.execute(
            insert(COMMITS),
            commit | {"events": len(rows), "last_sequence": made.last_sequence, "digest": made.digest},
        )
        if run is not None:
            self._add(RUNS, [column.name for column in RUN_COLUMNS], [parts[0][1]], number)
        self._add(TERMS, ["policy", "terms"], changed, number)
        self._add(EVENTS, list(OWN_SCHEMA), rows, number)
        self._index(numbered)
        return made

    def _add(self, table: Any, names: list[str], rows: Sequence[Sequence[Any]], number: int) -> None:
        if rows:
            self._connection.execute(
                insert(table), [dict(zip(names, row, strict=True), commit_number=number) for row in rows]
            )

    def _index(self, events: pl.DataFrame) -> None:
        """Keep the index of open demands in step with the events."""
        last = ending_rows(events)
        ended = last.filter("ended")
        opened = last.filter(~pl.col("ended") & pl.col("opens"))
        if ended.height:
            gone = delete(OPEN_DEMANDS).where(
                and_(OPEN_DEMANDS.c.account_id == bindparam("account"), OPEN_DEMANDS.c.demand == bindparam("which"))
            )
            self._connection.execute(
                gone,
                [
                    {"account": account, "which": demand}
                    for account, demand in ended.select("account_id", "demand").rows()
                ],
            )
        if opened.height:
            self._connection.execute(
                insert(OPEN_DEMANDS), opened.select("account_id", "demand", first_sequence="first").to_dicts()
            )


def ending_rows(events: pl.DataFrame) -> pl.DataFrame:
    """Return for each demand among the events: its first one, whether it opens there, and whether it ends there."""
    status = {kind.value: status.value for kind, status in LEADS_TO.items()}
    opening = [kind.value for kind in OPENING]
    kind = pl.col("kind").cast(pl.String())
    return (
        events.filter(pl.col("demand") != "")
        .with_columns(status=kind.replace_strict(status, default=None), opening=kind.is_in(opening))
        .group_by("account_id", "demand", maintain_order=True)
        .agg(
            first=pl.col("sequence").first(),
            opens=pl.col("opening").any(),
            ended=pl.col("status").drop_nulls().last() == Status.ENDED.value,
        )
        .with_columns(pl.col("ended").fill_null(value=False))
    )
