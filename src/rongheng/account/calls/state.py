"""Where calls stand: the fold of their events, and nothing else.

What lives here: demands that are not over, and what is known of their accounts, folded from events. What does not: what
happens next (``machine.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import polars as pl

from rongheng.account.calls.events import EVENTS, LEADS_TO, QUIET, Kind, Status, no_events

_STATUS: Final = {kind.value: status.value for kind, status in LEADS_TO.items()}
_AS_OPENED: Final = (
    "policy",
    "line",
    "contract_id",
    "within_sessions",
    "by",
    "target_bp",
    "needs_payment",
    "assets_milli",
    "debt_milli",
    "ratio_bp",
)


@dataclass(frozen=True)
class State:
    """The events of what is not over yet, in the order in which they happened.

    A demand's row is its first event with what later ones changed: its deadline and its status. An account's standing
    is the last amounts that an event of it carries: those of the last mark, with what was paid since.
    """

    events: pl.DataFrame

    @classmethod
    def begin(cls) -> State:
        """Return the state in which nobody is called."""
        return cls(no_events())

    def after(self, events: pl.DataFrame) -> State:
        """Return the state once these events have happened too; what is over is forgotten."""
        if not events.height:
            return self
        both = pl.concat([self.events, events.select(list(EVENTS.schema))])
        row = pl.int_range(pl.len(), dtype=pl.Int64())
        numbered = both.with_columns(row=row)
        kept = folded(numbered).filter(pl.col("status") != Status.ENDED.value)
        first = kept.group_by("account_id").agg(first=pl.col("row").min())
        own = numbered.join(kept.select("account_id", "demand"), on=["account_id", "demand"], how="semi")
        whole = numbered.filter(pl.col("demand") == "").join(first, on="account_id")
        rows = pl.concat([own["row"], whole.filter(pl.col("row") >= pl.col("first"))["row"]]).sort()
        return State(both[rows])

    @cached_property
    def demands(self) -> pl.DataFrame:
        """One row for each demand that is not over, by account and demand."""
        rows = self.events.with_columns(row=pl.int_range(pl.len(), dtype=pl.Int64()))
        return folded(rows).filter(pl.col("status") != Status.ENDED.value).drop("row").sort("account_id", "demand")

    @cached_property
    def standing(self) -> pl.DataFrame:
        """One row for each account with such a demand: its last mark, with what was paid since, and its last moment.

        ``last_moment`` is null where things were only said or planned.
        """
        paid = pl.col("kind") == Kind.PAID.value
        moments = self.events.group_by("account_id").agg(
            pl.col("policy").drop_nulls().last(),
            last_moment=pl.col("moment").filter(~pl.col("kind").is_in(QUIET)).max(),
        )
        marked = self.events.filter(pl.col("debt_milli").is_not_null()).unique("account_id", keep="last")
        paid_at = self.events.filter(paid).unique("account_id", keep="last").select("account_id", paid_at="moment")
        amounts = marked.select("account_id", "marked_at", "assets_milli", "debt_milli")
        joined = moments.join(amounts, on="account_id", how="left").join(paid_at, on="account_id", how="left")
        return joined.sort("account_id")


def folded(rows: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each demand among the events, ended or not; ``row`` is that of its first event."""
    status = pl.col("kind").cast(pl.String()).replace_strict(_STATUS, default=None)
    due = pl.col("due").drop_nulls().last()
    announced = pl.col("due").filter(pl.col("kind") == Kind.DUE.value).last() == due
    return (
        rows.filter(pl.col("demand") != "")
        .with_columns(status=status)
        .group_by("account_id", "demand", maintain_order=True)
        .agg(
            pl.col("row").first(),
            pl.col("moment").first().alias("opened"),
            *[pl.col(name).first() for name in _AS_OPENED],
            due,
            pl.col("provisional").drop_nulls().last(),
            pl.col("status").drop_nulls().last(),
            pl.col("detail").first(),
            announced=announced.fill_null(value=False),
        )
    )
