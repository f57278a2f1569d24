"""The chain of digests: each commit's is over all that it holds and over the digest of the commit before.

What lives here: how a commit is written down for its digest. What does not: who compares (``Ledger.verify``).

Whoever keeps the last digest somewhere else can prove that nothing before it was changed, removed or slipped in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time
from hashlib import sha256
from typing import Any, Final

START: Final = ""  # the digest before the first commit
_SEPARATORS = (",", ":")


def digest_of(previous: str, commit: Mapping[str, Any], parts: Iterable[tuple[str, Sequence[Any]]]) -> str:
    """Return the digest of a commit.

    Parameters
    ----------
    previous : the digest of the commit before, ``START`` for the first
    commit : its number, when, what, who and why
    parts : every row of it, each with the name of its table, in the order of the tables and of their keys
    """
    running = sha256(previous.encode())
    running.update(_line("commits", [commit[name] for name in ("number", "recorded_at", "action", "by_whom", "why")]))
    for table, row in parts:
        running.update(_line(table, row))
    return running.hexdigest()


def _line(table: str, row: Sequence[Any]) -> bytes:
    return json.dumps([table, *map(_plain, row)], ensure_ascii=False, separators=_SEPARATORS).encode() + b"\n"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, time) else value
