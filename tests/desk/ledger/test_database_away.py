"""A database that goes away in the middle: a clear error, nothing half done, and all that was acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from rongheng.account.calls.events import events_of
from rongheng.basics.errors import LedgerError
from rongheng.desk.ledger import Entry, Ledger, Pen
from tests.desk.ledger.writer import NOW, a_call
from tests.postgres import Server, why_not

ENTRY = Entry("run", "Wang", "the close", NOW)


@pytest.fixture
def server() -> Iterator[Server]:
    """Return a server of this test alone, which may be killed."""
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    server = Server.make()
    try:
        server.start()
        yield server
    finally:
        server.remove()


def pay(ledger: Ledger, then: Callable[[Pen], object]) -> None:
    with ledger.writing("Paying") as pen:
        pen.append(ENTRY, events_of([a_call("A-2")]))
        then(pen)


def kill_and_append(server: Server, pen: Pen) -> None:
    server.kill()
    pen.append(ENTRY, events_of([a_call("A-3")]))


def test_a_server_killed_in_the_middle_leaves_nothing_half_done(server: Server) -> None:
    ledger = Ledger.open(server.empty_database(), create=NOW, patience_seconds=5)
    with ledger.writing("Testing") as pen:
        pen.append(ENTRY, events_of([a_call("A-1")]))
    with pytest.raises(LedgerError, match=r"Paying: the database .* went away .*Nothing of it was recorded\."):
        pay(ledger, lambda pen: kill_and_append(server, pen))
    with pytest.raises(LedgerError, match="cannot be reached or went away"), ledger.reading():
        pass
    server.start()
    assert ledger.verify().number == 1


def test_a_server_killed_at_the_commit_leaves_the_answer_open(server: Server) -> None:
    ledger = Ledger.open(server.empty_database(), create=NOW, patience_seconds=5)
    with pytest.raises(LedgerError, match="It is not known whether it was recorded: look before you repeat it"):
        pay(ledger, lambda _: server.kill())  # after which the commit is what fails
    server.start()
    assert ledger.verify().number in (0, 1)
