"""What the holder of the pen may do: append one commit, with its events, its run and changed terms.

What lives here: numbering, the index of open demands, the digest. What does not: which events there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

import polars as pl
from sqlalchemy import Connection, and_, bindparam, delete, insert

from rongheng.account.calls.events import LEADS_TO, OPENING, Status
from rongheng.basics.errors import UsageError
from rongheng.desk.ledger.adding import add_rows
from rongheng.desk.ledger.chain import digest_of
from rongheng.desk.ledger.reading import OWN_SCHEMA, RUN_SCHEMA, TERMS_SCHEMA, Head, Reading, Run, commit_row
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
        commit = {
            "number": number,
            "recorded_at": entry.now,
            "action": entry.action,
            "by_whom": entry.by.strip(),
            "why": entry.why.strip(),
        }
        parts = [
            ("commits", commit_row(commit)),
            ("runs", pl.DataFrame([asdict(run)] if run else [], schema=RUN_SCHEMA)),
            ("terms", pl.DataFrame(sorted((terms or {}).items()), schema=TERMS_SCHEMA, orient="row")),
            ("call_events", numbered),
        ]
        made = Head(number, head.last_sequence + numbered.height, digest_of(head.digest, parts))
        counts = {"events": numbered.height, "last_sequence": made.last_sequence, "digest": made.digest}
        self._connection.execute(insert(COMMITS), commit | counts)
        for table, (_, rows) in zip((RUNS, TERMS, EVENTS), parts[1:], strict=True):
            add_rows(self._connection, table, rows.with_columns(commit_number=pl.lit(number, dtype=pl.Int64())))
        self._index(numbered)
        return made

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
            add_rows(self._connection, OPEN_DEMANDS, opened.select("account_id", "demand", first_sequence="first"))


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
