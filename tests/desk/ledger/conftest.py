"""Both databases that a ledger may live in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import Server, why_not


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Return a running server, or skip."""
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    server = Server.make()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of a new, empty database."""
    if request.param == "sqlite":
        return str(tmp_path / "账本 ledger.db")
    server: Server = request.getfixturevalue("postgres")
    return server.empty_database()
