"""A book calls securities by the codes of its session: old codes are read as new ones, and nothing else moves."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongheng.account.book import Action, Book, carry, named_on, read_book, tables_of, write_layout, write_tables
from rongheng.account.book.convert import read_layout
from rongheng.account.marks import mark
from rongheng.account.policy import PolicySet
from rongheng.basics.account_tables import CONTRACTS, POSITIONS
from rongheng.basics.code_changes import CodeChange
from rongheng.basics.errors import BookError
from rongheng.basics.market_day import MarketDay

BEFORE, SINCE, LATER = date(2025, 9, 30), date(2025, 10, 9), date(2025, 10, 10)
# Two of Beijing's shares that end alike, one of which kept its digits; and shares whose codes stay.
NEW = {"831278.BJ": "920378.BJ", "832278.BJ": "920278.BJ", "430017.BJ": "920017.BJ"}
CODES = (*NEW, "600000.SH", "920002.BJ")


def _book(held: dict[str, dict[str, int]], session: date, **more: Any) -> Book:
    """Return a book of these quantities by account and security, half of each financed."""
    accounts = [{"account_id": name, "client_type": "individual", "policy": "P", "cash_milli": 10**9} for name in held]
    positions: list[dict[str, Any]] = [
        {"account_id": name, "security": code, "quantity": count, "available_quantity": count - 1, "cost_milli": count}
        for name, holding in held.items()
        for code, count in holding.items()
    ]
    contracts = [
        {"contract_id": f"{row['account_id']}-{number}", "account_id": row["account_id"]}
        | {"kind": "financing", "security": row["security"], "quantity": row["quantity"] // 2, "amount_milli": 10_000}
        | {"opened": date(2025, 6, 3), "due": date(2025, 12, 3), "rate_ppm": 60_000, "interest_milli": 0}
        for number, row in enumerate(positions)
    ]
    return Book.of(
        pl.DataFrame(accounts),
        pl.DataFrame(positions, schema=[name for name in POSITIONS.schema if name != "in_transit_quantity"])
        if positions
        else pl.DataFrame(schema=POSITIONS.schema),
        pl.DataFrame(contracts, schema=[name for name in CONTRACTS.schema if name != "margin_ratio_bp"])
        if contracts
        else pl.DataFrame(schema=CONTRACTS.schema),
        session=session,
        **more,
    )


def _day(session: date, codes: dict[str, int]) -> MarketDay:
    columns: dict[str, Any] = {
        "security": list(codes),
        "price_milli": list(codes.values()),
        "board": ["bse"] * len(codes),
    }
    columns["haircut_cap_bp"] = [6_500] * len(codes)
    return MarketDay(session, pl.DataFrame(columns))


def _renamed(held: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    return {name: {NEW.get(code, code): count for code, count in holding.items()} for name, holding in held.items()}


def _same(one: Book, other: Book) -> None:
    ours, theirs = tables_of(one), tables_of(other)
    for name, frame in ours.items():
        assert frame.equals(theirs[name]), name
    for array in ("code", "quantity", "contract_code", "starts", "held_back_at", "held_back_quantity", "cost_milli"):
        assert np.array_equal(getattr(one.layout, array), getattr(other.layout, array)), array


def test_an_old_code_after_the_change_is_read_as_the_new_one_and_counted() -> None:
    book = _book({"A": {"430017.BJ": 1_000, "600000.SH": 200}, "B": {"430017.BJ": 300, "831278.BJ": 100}}, SINCE)
    assert book.securities.to_list() == ["600000.SH", "920017.BJ", "920378.BJ"]
    assert book.renamed.rows() == [
        ("positions", "430017.BJ", "920017.BJ", 2),
        ("positions", "831278.BJ", "920378.BJ", 1),
        ("contracts", "430017.BJ", "920017.BJ", 2),
        ("contracts", "831278.BJ", "920378.BJ", 1),
    ]
    assert not book.problems.height


def test_before_the_change_nothing_moves() -> None:
    book = _book({"A": {"430017.BJ": 1_000, "920002.BJ": 100}}, BEFORE)
    assert book.securities.to_list() == ["430017.BJ", "920002.BJ"]
    assert not book.renamed.height


def test_shares_that_end_alike_stay_two_securities() -> None:
    book = _book({"A": {"831278.BJ": 100, "832278.BJ": 500}}, SINCE)
    assert dict(book.positions_of(0).iter_rows()) == {"920378.BJ": 100, "920278.BJ": 500}


def test_an_account_that_holds_a_share_under_both_codes_holds_it_twice() -> None:
    book = _book({"A": {"430017.BJ": 1_000, "920017.BJ": 1_000}, "B": {"920017.BJ": 5}}, SINCE)
    assert book.problems["problem"].unique().to_list() == ["position_twice"]
    assert book.accounts["account_id"].to_list() == ["B"]


def test_orders_and_relations_are_renamed_with_the_positions() -> None:
    order = {"order_id": "1", "account_id": "A", "business": "collateral_sale", "security": "430017.BJ", "quantity": 1}
    related = {"account_id": "A", "security": "430017.BJ", "person": "insider"}
    book = _book({"A": {"430017.BJ": 9}}, SINCE, orders=pl.DataFrame([order]), relations=pl.DataFrame([related]))
    assert book.orders["security"].to_list() == book.relations["security"].to_list() == ["920017.BJ"]
    assert book.renamed["table"].to_list() == ["positions", "contracts", "orders", "relations"]


HELD = st.dictionaries(
    st.sampled_from("ABC"),
    st.dictionaries(st.sampled_from(CODES), st.integers(2, 2**33), max_size=5),
    min_size=1,
    max_size=3,
)


@settings(max_examples=15, deadline=None)
@given(HELD)
def test_a_book_with_old_codes_is_the_book_with_new_ones_read_or_carried(held: dict[str, dict[str, int]]) -> None:
    wanted = _book(_renamed(held), SINCE)
    _same(_book(held, SINCE), wanted)
    _same(named_on(_book(held, BEFORE), SINCE), wanted)
    _same(carry(_book(held, BEFORE), (), to=SINCE).book, wanted)


def test_a_book_of_before_is_marked_on_a_day_of_after_and_says_what_was_renamed() -> None:
    book = _book({"A": {"430017.BJ": 1_000, "831278.BJ": 100}}, BEFORE)
    day = _day(SINCE, {"920017.BJ": 10_000, "920378.BJ": 20_000})
    policies = PolicySet.load("exchange_only", session=SINCE)
    marks = mark(book.under("exchange_only"), day, policies)
    # 1,000 shares at 10.00 and 100 at 20.00 are 12,000 yuan
    assert marks.frame()["securities_milli"].to_list() == [12_000_000]
    assert marks.book.renamed["rows"].to_list() == [1, 1, 1, 1]


def test_a_market_day_that_was_written_by_old_codes_has_the_new_ones() -> None:
    assert _day(SINCE, {"430017.BJ": 10_000}).securities["security"].to_list() == ["920017.BJ"]
    assert _day(BEFORE, {"430017.BJ": 10_000}).securities["security"].to_list() == ["430017.BJ"]
    with pytest.raises(BookError, match=r"stand twice; the first is 920017\.BJ"):
        _day(SINCE, {"430017.BJ": 10_000, "920017.BJ": 10_000})


def _paid(code: str, ex_date: date, cash_milli: int = 100) -> Action:
    none = Fraction(0)
    return Action(code, ex_date, ex_date, ex_date, Fraction(cash_milli), none, none, 0, None, Fraction(1))


@pytest.mark.parametrize("code", ["430017.BJ", "920017.BJ"])
def test_a_dividend_comes_whichever_code_the_announcement_uses(code: str) -> None:
    carried = carry(_book({"A": {"430017.BJ": 1_000}}, BEFORE), [_paid(code, LATER)], to=LATER)
    assert carried.book.layout.cash_milli.tolist() == [10**9 + 1_000 * 100]
    assert carried.report["security"].unique().to_list() == ["920017.BJ"]


def test_a_dividend_that_stands_under_both_codes_is_paid_once_and_two_are_refused() -> None:
    book = _book({"A": {"430017.BJ": 1_000}}, BEFORE)
    both = [_paid("430017.BJ", LATER), _paid("920017.BJ", LATER)]
    assert carry(book, both, to=LATER).book.layout.cash_milli.tolist() == [10**9 + 1_000 * 100]
    with pytest.raises(BookError, match="by its old code and by its new one"):
        carry(book, [both[0], _paid("920017.BJ", LATER, 200)], to=LATER)


def test_shares_on_their_way_arrive_under_the_new_code() -> None:
    book = _book({"A": {"430017.BJ": 1_000}}, BEFORE)
    coming = pl.DataFrame(
        [
            {"account_id": "A", "security": "430017.BJ", "kind": "shares", "ex_date": date(2025, 9, 29)}
            | {"due": SINCE, "quantity": 300, "amount_milli": 0, "contract_id": None}
        ]
    )
    carried = carry(book, (), to=SINCE, entitlements=coming)
    assert dict(carried.book.positions_of(0).iter_rows()) == {"920017.BJ": 1_300}


@pytest.mark.parametrize("kernel", [False, True])
def test_a_converted_book_keeps_its_own_changes_of_codes(tmp_path: Path, *, kernel: bool) -> None:
    own = CodeChange("600000.SH", "600999.SH", LATER, source="announcement")
    book = _book({"A": {"600000.SH": 100}}, SINCE, own_codes=[own])
    (write_layout if kernel else write_tables)(book, tmp_path)
    again = read_layout(tmp_path) if kernel else read_book(tmp_path)
    assert again.securities.to_list() == ["600000.SH"]
    assert carry(again, (), to=LATER).book.securities.to_list() == ["600999.SH"]


def test_a_folder_brings_its_own_table_of_changes(tmp_path: Path) -> None:
    write_tables(_book({"A": {"600000.SH": 100}}, SINCE), tmp_path)
    (tmp_path / "code_changes.csv").write_text("old,new,first_session\n600000,600999.SH,2025-10-09\n", "utf-8")
    assert read_book(tmp_path).securities.to_list() == ["600999.SH"]
