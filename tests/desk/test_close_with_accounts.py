"""A dossier holds a marked book of its session or of an earlier one, and never of a later one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from rongheng.account.book import write_tables
from rongheng.account.population import Recipe, make_book, make_day
from rongheng.basics.errors import UsageError
from rongheng.desk.accounts import mark_book
from rongheng.desk.close import close
from rongheng.desk.closing.close import close_book
from rongheng.desk.closing.request import Request
from rongheng.desk.ingest import ingest
from rongheng.market.store import Lake
from tests.cli.words import BALANCES


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    (tmp_path / "balances.csv").write_text(BALANCES, encoding="utf-8")
    lake = Lake(tmp_path / "lake", create=True)
    assert [one.error for one in ingest(lake, [tmp_path / "balances.csv"])] == [None]
    return lake


def _marks(folder: Path, session: date) -> Path:
    day = make_day(session, securities=100)
    write_tables(make_book(Recipe(accounts=200, seed=1), day), folder / "book")
    day.write(folder / "book" / "day")
    mark_book(folder / "book", folder / "marks")
    return folder / "marks"


def test_a_book_of_the_session_becomes_part_of_the_dossier(lake: Lake, tmp_path: Path) -> None:
    marks = _marks(tmp_path, date(2025, 1, 10))
    dossier = close(lake, marks=marks)
    assert dossier.accounts is not None
    assert dossier.accounts.session == dossier.as_of
    assert dossier.accounts.total["accounts"] == 200
    assert dossier.simulated, "the book was made up"
    assert not close(lake).simulated
    assert close(lake).accounts is None


def test_an_older_book_says_its_age_and_a_later_one_is_refused(lake: Lake, tmp_path: Path) -> None:
    marks = _marks(tmp_path, date(2025, 1, 8))
    behind = [finding for finding in close(lake, marks=marks).findings if finding.cites == "marks"]
    assert [finding.evidence.en for finding in behind] == ["2 sessions behind."]
    with pytest.raises(UsageError, match="which nobody knew on 2025-01-07"):
        close(lake, as_of=date(2025, 1, 7), marks=marks)


def test_a_closed_book_brings_its_calls(lake: Lake, tmp_path: Path) -> None:
    session = date(2025, 1, 10)
    _marks(tmp_path, session)
    asked = Request(
        book=tmp_path / "book", session=session, out=tmp_path / "closed", ledger=str(tmp_path / "ledger.db")
    )
    closed = close_book(asked, now=datetime(2025, 1, 10, 12, tzinfo=UTC), by="Wang")
    dossier = close(lake, marks=closed.dossier)
    assert dossier.accounts is not None
    assert dossier.accounts.total["accounts"] == 200
    figures = {row["figure"]: row["accounts"] for row in dossier.calls}
    assert figures["called"] > 0, "somebody of this book is under a line"
    cited = [finding for finding in dossier.findings if finding.cites == "calls"]
    assert bool(cited) == any(figures[name] for name in ("bad_debt", "standing_lapsed", "carried", "due_next"))
