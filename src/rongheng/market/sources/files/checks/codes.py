"""Changes of securities' codes: the old code in our spelling, and rows that cannot be set aside with the reason.

What lives here: one file held against itself. What does not: which change is right; what is
imported stands in place of what ships about the same codes.
"""

from __future__ import annotations

import polars as pl

from rongheng.basics.code_changes import CodeChange, wrong
from rongheng.basics.securities import find_security
from rongheng.basics.tables import SECURITY_CODES
from rongheng.market.sources.files.inspection import Inspection


def check(frame: pl.DataFrame, found: Inspection) -> pl.DataFrame:
    """Spell old codes as new ones are, and set aside changes that contradict another."""
    if found.plan.table is not SECURITY_CODES or "old_security" not in frame.columns:
        return frame
    codes = [None if code is None else find_security(code) for code in frame["old_security"]]
    named = frame.with_columns(pl.Series("old_security", codes, dtype=pl.String))
    unread = pl.lit("no code of a security stands in the column of old codes; write it as 430017.BJ")
    named = found.set_rows_aside(named, pl.col("old_security").is_null(), unread)
    changes = [CodeChange(*row) for row in named.select("old_security", "security", "as_of").unique().iter_rows()]
    reasons = pl.DataFrame(
        [(row.old, row.new, row.first_session, reason) for row, reason in wrong(changes)],
        schema={"old_security": pl.String(), "security": pl.String(), "as_of": pl.Date(), "reason": pl.String()},
        orient="row",
    )
    told = named.join(reasons, on=["old_security", "security", "as_of"], how="left", maintain_order="left")
    return found.set_rows_aside(told, pl.col("reason").is_not_null(), pl.col("reason")).drop("reason")
