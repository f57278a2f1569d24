"""What clients paid comes from the ledger into the next book, each payment once, whenever it was written down."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path

import polars as pl
import pytest

from rongheng.account.book import open_book, tables_of, write_tables
from rongheng.account.calls import Answer, Payment, moment
from rongheng.basics.errors import BookError
from rongheng.desk.calls import officers
from rongheng.desk.calls.judging import judge
from rongheng.desk.carry import carry_book
from rongheng.desk.ledger import Entry, Ledger
from rongheng.desk.payments import HELD
from tests.desk.calls.world import MONDAY, THURSDAY, TUESDAY, WEDNESDAY, YUAN, book_of, marks_of

NOW = datetime(2025, 4, 7, 9, 0, tzinfo=UTC)
ENTRY = Entry("run", "Wang", "the tests", NOW)
TEN, NOON = time(10, 0), time(13, 0)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Of A-1 and A-2, at 129 %, something is asked since Monday."""
    made = Ledger.open(tmp_path / "ledger.db", create=NOW)
    judge(made, moment(MONDAY), ENTRY, marks_of({"A-1": 1_290_000, "A-2": 1_290_000}, MONDAY))
    return made


@pytest.fixture
def monday(tmp_path: Path) -> Path:
    write_tables(book_of({"A-1": 1_290_000, "A-2": 1_290_000}, MONDAY), tmp_path / "monday")
    return tmp_path / "monday"


def pay(ledger: Ledger, account: str, at: datetime, *, cash: int = 0, repay: int = 0) -> None:
    officers.pay(ledger, Payment(account, at, cash_milli=cash * YUAN, repay_milli=repay * YUAN), ENTRY)


def carried(book: Path, to: date, ledger: Ledger) -> Path:
    out = book.parent / f"book-{to}"
    carry_book(str(book), out, to=to, ledger=ledger, policy="exchange_only")
    return out


def cash(folder: Path) -> list[int]:
    return [int(milli) // YUAN for milli in open_book(folder).layout.cash_milli]


def test_each_payment_comes_in_once_however_late_it_was_written_down(ledger: Ledger, monday: Path) -> None:
    pay(ledger, "A-1", moment(TUESDAY, TEN), cash=1_000)
    pay(ledger, "A-2", moment(WEDNESDAY, TEN), cash=50)  # before Tuesday's book is carried: still to come
    tuesday = carried(monday, TUESDAY, ledger)
    assert cash(tuesday) == [1_291_000, 1_290_000]
    pay(ledger, "A-1", moment(TUESDAY, NOON), cash=200)  # after Tuesday's book was carried: comes in on Wednesday
    wednesday = carried(tuesday, WEDNESDAY, ledger)
    assert cash(wednesday) == [1_291_200, 1_290_050]
    assert cash(carried(wednesday, THURSDAY, ledger)) == [1_291_200, 1_290_050]


def test_a_book_from_elsewhere_holds_what_was_paid_up_to_its_session(ledger: Ledger, tmp_path: Path) -> None:
    pay(ledger, "A-1", moment(TUESDAY, TEN), cash=1_000)
    pay(ledger, "A-1", moment(WEDNESDAY, TEN), repay=100)
    write_tables(book_of({"A-1": 1_291_000, "A-2": 1_290_000}, TUESDAY), tmp_path / "counter")
    book = open_book(carried(tmp_path / "counter", WEDNESDAY, ledger))
    assert book.layout.cash_milli.tolist() == [1_291_000 * YUAN, 1_290_000 * YUAN]
    assert book.layout.other_debt_milli.tolist() == [999_900 * YUAN, 1_000_000 * YUAN]


def test_collateral_that_counters_do_not_know_is_laid_into_their_book(ledger: Ledger, tmp_path: Path) -> None:
    house = Payment("A-1", moment(TUESDAY, TEN), collateral_milli=300_000 * YUAN, what="a house")
    officers.pay(ledger, house, ENTRY)
    officers.answer(
        ledger, Answer("A-1", moment(TUESDAY, NOON), by="Li", approve=True), Entry("answer", "Li", "seen", NOW)
    )
    book = book_of({"A-1": 1_290_000, "A-2": 1_290_000}, TUESDAY)
    write_tables(book, tmp_path / "silent")
    known = tables_of(book)["accounts"].with_columns(other_collateral_milli=pl.lit(250_000 * YUAN))
    write_tables(book, tmp_path / "knowing")
    known.write_parquet(tmp_path / "knowing" / "accounts.parquet")
    for name, expected in (("silent", [300_000, 0]), ("knowing", [250_000, 250_000])):
        out = tmp_path / f"{name}-carried"
        carry_book(str(tmp_path / name), out, to=WEDNESDAY, ledger=ledger, policy="exchange_only")
        assert open_book(out).layout.other_collateral_milli.tolist() == [value * YUAN for value in expected]
        again = carried(out, THURSDAY, ledger)
        assert open_book(again).layout.other_collateral_milli.tolist() == [value * YUAN for value in expected]


def test_a_damaged_note_of_what_a_book_holds_is_refused(ledger: Ledger, monday: Path) -> None:
    (monday / HELD).write_text("{}")
    with pytest.raises(BookError, match=r"payments\.json does not say which payments"):
        carried(monday, TUESDAY, ledger)
