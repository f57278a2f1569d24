"""What changed between two days, what a search finds, and the rows that a reader is shown."""

from __future__ import annotations

import pytest

from rongheng.basics.errors import UsageError
from rongheng.rulebook import Rulebook
from rongheng.rulebook.changes import Kind, diff
from rongheng.rulebook.rows import card, change_rows, hit_rows, list_rows, rule_rows, standing_rows, timeline_rows
from rongheng.rulebook.search import search

BOOK = Rulebook.load()


def test_between_16_and_19_january_2026_only_the_financing_ratio_changed() -> None:
    [change] = diff(BOOK, "2026-01-16", "2026-01-19")
    assert (change.rule.id, change.kind) == ("exchange.financing.margin_ratio", Kind.CHANGED)
    assert change.markets == ("SSE", "SZSE", "BSE")
    [row] = change_rows([change])
    assert row.before is not None
    assert (row.before.zh, row.after.zh) == ("80%", "100%")
    [step] = row.steps
    assert "上证发〔2026〕5号" in step.citations[0].zh
    assert step.existing is not None
    assert step.note is not None


def test_margin_trading_began_in_beijing_and_was_no_change_elsewhere() -> None:
    changes = {change.rule.id: change for change in diff(BOOK, "2023-02-10", "2023-02-13")}
    ratio = changes["exchange.financing.margin_ratio"]
    assert (ratio.kind, ratio.markets, ratio.before) == (Kind.BEGAN, ("BSE",), None)


def test_the_minimum_line_was_abolished() -> None:
    changes = {change.rule.id: change.kind for change in diff(BOOK, "2019-08-16", "2019-08-19")}
    assert changes["exchange.maintenance.minimum_line"] is Kind.ABOLISHED
    assert changes["exchange.maintenance.other_collateral"] is Kind.CHANGED
    assert "practice.lines.liquidation" not in changes  # restated by another document, at the same value


def test_a_way_of_several_steps_shows_them_all() -> None:
    changes = {change.rule.id: change for change in diff(BOOK, "2015-01-05", "2026-01-19")}
    in_shanghai = changes["exchange.financing.margin_ratio"]
    assert [step.value for step in in_shanghai.steps] == [10_000, 8_000, 10_000]


def test_a_way_there_and_back_is_no_change() -> None:
    ids = [change.rule.id for change in diff(BOOK, "2023-09-08", "2026-01-19")]
    assert "exchange.financing.margin_ratio" not in ids


def test_what_was_not_yet_announced_did_not_change() -> None:
    assert diff(BOOK, "2026-01-16", "2026-01-19", known_at="2026-01-13") == []


def test_days_are_compared_in_their_order() -> None:
    with pytest.raises(UsageError, match="give the earlier one first"):
        diff(BOOK, "2026-01-19", "2026-01-16")


@pytest.mark.parametrize(
    ("words", "id_"),
    [
        ("融资保证金比例下限", "exchange.financing.margin_ratio"),
        ("Minimum financing margin ratio", "exchange.financing.margin_ratio"),
        ("margin_ratio financing", "exchange.financing.margin_ratio"),
        ("绕标套现", "exchange.order.list_circumvention"),
        ("上证发〔2024〕98号", "exchange.short.margin_ratio"),
        ("印花税", "mof.stamp_duty"),
    ],
)
def test_a_search_finds_by_names_words_and_documents(words: str, id_: str) -> None:
    assert search(BOOK, words)[0].rule.id == id_


def test_authorities_come_before_brokers() -> None:
    rows = [row.standing for row in hit_rows(search(BOOK, "折算率"), "2026-01-19")]
    found = [row.id for row in rows if "折算率" in row.name.zh]
    first_broker = next(index for index, id_ in enumerate(found) if id_.startswith("broker."))
    assert all(id_.startswith("broker.") for id_ in found[first_broker:])


def test_a_search_of_nothing_is_told() -> None:
    with pytest.raises(UsageError, match="The search has no words"):
        search(BOOK, "  ")
    assert search(BOOK, "no such words at all") == []


def test_a_list_says_what_stands_and_what_does_not() -> None:
    rows = {row.id: row for row in list_rows(BOOK, "2012-01-04", prefix="exchange.")}
    ratio = rows["exchange.financing.margin_ratio"]
    assert ratio.value is not None
    assert (ratio.value.en, ratio.markets) == ("50%", ("SSE", "SZSE"))
    assert rows["exchange.trading.price_limit.star"].value is None
    standing = {row.id for row in list_rows(BOOK, "2012-01-04", prefix="exchange.", in_force_only=True)}
    assert "exchange.trading.price_limit.star" not in standing


def test_markets_that_differ_have_rows_of_their_own() -> None:
    rows = rule_rows(BOOK.rule("exchange.order.lots"), "2026-01-19")
    assert [row.markets for row in rows] == [("SSE", "SZSE"), ("BSE",)]


def test_a_timeline_shows_every_entry_with_its_documents() -> None:
    rows = timeline_rows(BOOK.rule("exchange.financing.margin_ratio"))
    assert [row.value.en for row in rows] == ["50%", "100%", "100%", "80%", "100%"]
    after_close = rows[3]
    assert after_close.start.zh == "2023-09-08收市后"
    assert after_close.first_session.isoformat() == "2023-09-11"
    assert dict(after_close.confidence)["existing"].basis.value == "secondary"
    assert rows[-1].urls[0].startswith("https://www.sse.com.cn/")
    [begun, abolished] = timeline_rows(BOOK.rule("exchange.maintenance.minimum_line"))
    assert (begun.state, abolished.state) == ("value", "abolished")


def test_a_table_is_shown_with_the_columns_that_choose() -> None:
    [row] = standing_rows(BOOK.rule("broker.everbright.concentration_limits"), "2024-01-02")
    assert [cells["limit"].en for cells in row.cells] == ["60%", "80%", "100%"]
    assert [cells["maintenance_ratio"].en for cells in row.cells] == ["< 160%", "[160%, 200%)", "≥ 200%"]
    assert "client_type" not in row.cells[0]


def test_exceptions_stand_in_their_own_cells() -> None:
    row = timeline_rows(BOOK.rule("exchange.short.margin_ratio"))[-1]
    [one] = row.exceptions
    assert (one.client, one.name.zh, one.value.en, one.number) == ("private_fund", "私募证券投资基金", "120%", 1.2)


@pytest.mark.parametrize(
    ("rule", "number"),
    [
        ("exchange.financing.margin_ratio", 1.0),
        ("mof.stamp_duty", 0.0005),
        ("csrc.broker.total_multiple", 4.0),
        ("sac.contract.accounts_per_exchange", 1),
        ("exchange.order.contract_term", None),  # six months are no single number
        ("exchange.stops.financing", None),
    ],
)
def test_what_is_one_number_is_given_as_programs_exchange_it(rule: str, number: float | None) -> None:
    assert {row.number for row in rule_rows(BOOK.rule(rule), "2026-01-19")} == {number}


def test_a_timeline_leaves_out_what_was_announced_later() -> None:
    # The 80 % of September 2023 was announced on 2023-08-27.
    rule = BOOK.rule("exchange.financing.margin_ratio")
    assert [row.value.en for row in timeline_rows(rule, known_at="2023-08-26")] == ["50%", "100%", "100%"]
    assert [row.value.en for row in timeline_rows(rule, known_at="2023-08-27")][-1] == "80%"


def test_a_card_says_what_a_rule_is() -> None:
    told = card(BOOK.rule("exchange.haircut.cap.etf"))
    assert told.direction is not None
    assert "上限" in told.direction.zh
    assert told.place == "rules/exchange/haircut/cap/etf.yaml:1"
    assert dict(card(BOOK.rule("csrc.entry.assets")).labels)["window"].en == "window"
