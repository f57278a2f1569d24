"""A ledger, in SQLite, for what the desk does with it; both databases are tested in ``tests/desk/ledger``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from rongheng.desk.ledger import Entry, Ledger

NOW = datetime(2025, 4, 7, 9, 0, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.open(tmp_path / "ledger.db", create=NOW)


def entry(by: str = "Wang", action: str = "run") -> Entry:
    """Return who does something in these tests."""
    return Entry(action, by, "the tests", NOW)
