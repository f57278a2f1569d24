"""What policies say of calls, as columns: deadlines by policy and line, and how calls are judged.

What lives here: policies → frames that are joined to marks by the policy's name. What does not: what a policy is
(``account.policy``) and what follows from it (``machine.py``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl

from rongheng.account.calls.events import MOMENT
from rongheng.account.calls.moments import deadline, is_provisional
from rongheng.account.policy import CallRules, CuredBy, Deadline, Policy
from rongheng.basics.account_tables import LINES
from rongheng.basics.errors import UsageError

EMERGENCY: Final = LINES.index("emergency")  # from this line on calls are made within the session too
RANKS: Final = {line: rank for rank, line in enumerate(LINES)}

_DEADLINES: Final = {
    "policy": pl.String(),
    "line": pl.String(),
    "number": pl.Int64(),  # of the rows about that line: 0, 1, …
    "needs": pl.List(pl.String()),  # any of these permissions; empty: every account is bound
    "within_sessions": pl.Int64(),
    "by": pl.Time(),
    "restore_to_bp": pl.Int64(),
    "cites": pl.String(),
}
_RULES: Final = {
    "policy": pl.String(),
    "needs_payment": pl.Boolean(),
    "intraday": pl.Boolean(),
    "general_target_bp": pl.Int64(),  # null: today's warning line
}


@dataclass(frozen=True)
class CallTerms:
    """The terms of calls of some policies."""

    policies: Mapping[str, Policy]
    deadlines: pl.DataFrame
    rules: pl.DataFrame

    @classmethod
    def of(cls, policies: Iterable[Policy]) -> CallTerms:
        """Return the columns of these policies; a deadline without a clock is none."""
        by_name = {policy.name: policy for policy in policies}
        deadlines = [row for policy in by_name.values() for row in _deadline_rows(policy)]
        rules = [
            {
                "policy": policy.name,
                "needs_payment": policy.calls.cured_by is CuredBy.PAYMENT,
                "intraday": policy.calls.intraday,
                "general_target_bp": policy.restore_target_bp,
            }
            for policy in by_name.values()
        ]
        return cls(by_name, pl.DataFrame(deadlines, schema=_DEADLINES), pl.DataFrame(rules, schema=_RULES))

    def deadlines_at(self, called: datetime) -> pl.DataFrame:
        """Return the deadlines with the moment at which each is due when the call is made at ``called``."""
        due = [
            deadline(called, within_sessions=row["within_sessions"], by=row["by"])
            for row in self.deadlines.iter_rows(named=True)
        ]
        return self.deadlines.with_columns(
            due=pl.Series(due, dtype=MOMENT), provisional=pl.Series(map(is_provisional, due), dtype=pl.Boolean())
        )

    def of_policy(self, name: str) -> CallRules:
        """Return how calls of accounts under that policy are judged.

        Raises
        ------
        UsageError
            The policy is not among these.
        """
        if name not in self.policies:
            raise UsageError(f"No terms of calls are known for the policy {name!r}; known: {', '.join(self.policies)}.")
        return self.policies[name].calls

    def as_text(self) -> dict[str, str]:
        """Return for each policy what a change of its terms is told by: lines, deadlines and rules as JSON."""
        return {name: _as_text(policy) for name, policy in self.policies.items()}


def _deadline_rows(policy: Policy) -> Iterable[dict[str, Any]]:
    counts: dict[str, int] = {}
    for row in policy.deadlines:
        if row.within_sessions is None:
            continue
        number = counts.setdefault(row.line, 0)
        counts[row.line] += 1
        yield {
            "policy": policy.name,
            "line": row.line,
            "number": number,
            "needs": sorted(row.permissions),
            "within_sessions": row.within_sessions,
            "by": row.by,
            "restore_to_bp": row.restore_to_bp,
            "cites": row.cites,
        }


def _as_text(policy: Policy) -> str:
    moving = policy.moving_lines
    content = {
        "lines": asdict(policy.lines),
        "moving_lines": [asdict(row) for row in moving.rows] if moving else [],
        "restore_target_bp": policy.restore_target_bp,
        "deadlines": [_deadline_text(row) for row in policy.deadlines],
        "calls": asdict(policy.calls),
    }
    return json.dumps(content, ensure_ascii=False, sort_keys=True)


def _deadline_text(row: Deadline) -> dict[str, Any]:
    return asdict(row) | {"permissions": sorted(row.permissions), "by": row.by and row.by.isoformat()}
