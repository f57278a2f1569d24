"""A process that writes into a ledger until it is killed; the tests of ``test_kill`` and ``test_officers`` start it.

``python -m tests.desk.ledger.writer URL NAME COUNT``: says ``ready``, waits for a line, and appends COUNT commits (0:
without end) of three events each; it says the number of each once the ledger has it.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from pathlib import Path

import polars as pl

from rongheng.account.calls.events import Kind, events_of
from rongheng.account.calls.moments import moment
from rongheng.desk.ledger import Entry, Ledger

ROOT = Path(__file__).resolve().parents[3]
CALLED = moment(date(2025, 4, 7))
DUE = moment(date(2025, 4, 8), time(11, 30))
NOW = datetime(2025, 4, 7, 12, 0, tzinfo=UTC)
EVENTS_EACH = 3


def a_call(account: str, number: int = 0) -> dict[str, object]:
    """Return the event that opens one demand."""
    return {
        "account_id": account,
        "demand": f"next_day@{number}",
        "kind": Kind.CALLED,
        "moment": CALLED,
        "line": "next_day",
        "due": DUE,
        "provisional": False,
        "within_sessions": 1,
        "by": time(11, 30),
        "target_bp": 13_000,
        "needs_payment": False,
        "marked_at": CALLED,
        "assets_milli": 114_000,
        "debt_milli": 100_000,
        "ratio_bp": 11_400,
    }


def a_payment(account: str, number: int) -> dict[str, object]:
    """Return the event of one payment, a microsecond after the one before."""
    when = moment(date(2025, 4, 8), time(9, 0)) + timedelta(microseconds=number)
    return {"account_id": account, "demand": "", "kind": Kind.PAID, "moment": when, "cash_milli": number}


def one_commit(name: str, number: int) -> pl.DataFrame:
    """Return the events of one commit: a demand opens, a payment comes, the demand before ends."""
    rows = [a_call(name, number), a_payment(name, number)]
    if number:
        rows.append({"account_id": name, "demand": f"next_day@{number - 1}", "kind": Kind.CURED, "moment": DUE})
    else:
        rows.append({"account_id": f"{name}-2", "demand": "", "kind": Kind.MARKED, "moment": CALLED})
    return events_of(rows)


def spawn(url: str, name: str, commits: int = 0) -> subprocess.Popen[str]:
    """Start the process, never as a fork of this one."""
    command = [sys.executable, "-m", "tests.desk.ledger.writer", url, name, str(commits)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=ROOT, text=True, **pipes)  # type: ignore[call-overload, no-any-return]


def go(process: subprocess.Popen[str]) -> None:
    """Wait until the process is ready, and let it begin."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n", "the writer did not start"
    process.stdin.write("go\n")
    process.stdin.flush()


def finish(process: subprocess.Popen[str]) -> list[int]:
    """Wait until the process is gone; return the commits that it said the ledger has."""
    assert process.stdout is not None
    said = process.stdout.read()  # with what was read ahead of a line, which `communicate` passes over
    process.communicate(timeout=120)
    return [int(line) for line in said.splitlines() if line != "ready"]


def main(url: str, name: str, commits: int) -> None:
    """Append commits, numbered on from those of that name that the ledger has."""
    ledger = Ledger.open(url, create=NOW)
    print("ready", flush=True)  # noqa: T201  # the process's way to speak
    sys.stdin.readline()
    for done in count():
        if commits and done == commits:
            return
        with ledger.writing("Testing") as pen:
            number = pen.history([name], kinds=[Kind.CALLED]).height
            head = pen.append(Entry("test", name, "to be killed", NOW), one_commit(name, number))
        print(head.number, flush=True)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
