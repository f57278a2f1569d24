"""Each date boundary of the first rules, on both sides; the values are those of the published notices."""

from __future__ import annotations

from datetime import date

import pytest

from rongheng.basics.errors import NotInForceError, RuleError
from rongheng.rulebook import Rulebook

RATIO = "exchange.financing.margin_ratio"


@pytest.mark.parametrize(
    ("session", "percent"),
    [
        ("2010-03-31", 50),
        ("2015-11-20", 50),
        ("2015-11-23", 100),
        ("2023-09-08", 100),  # the notice works after the close of this day
        ("2023-09-11", 80),
        ("2026-01-16", 80),
        ("2026-01-19", 100),
    ],
)
def test_the_financing_margin_ratio_changes_on_the_days_of_its_notices(session: str, percent: int) -> None:
    assert Rulebook.load().rule(RATIO).on(session).bp == percent * 100


def test_a_rule_is_not_in_force_before_its_first_session() -> None:
    with pytest.raises(NotInForceError, match="its first session is 2010-03-31"):
        Rulebook.load().rule(RATIO).on("2010-03-30")


def test_beijing_has_the_ratio_since_its_own_first_session() -> None:
    rule = Rulebook.load().rule(RATIO)
    with pytest.raises(NotInForceError):
        rule.on("2023-02-10", market="BSE")
    assert rule.on("2023-02-13", market="BSE").bp == 10_000


def test_a_rule_announced_later_is_invisible() -> None:
    rule = Rulebook.load().rule(RATIO)
    assert rule.on("2026-01-19", known_at="2026-01-13").bp == 8_000
    assert rule.on("2026-01-19", known_at="2026-01-14").bp == 10_000


def test_the_minimum_line_was_abolished_with_a_reason() -> None:
    rule = Rulebook.load().rule("exchange.maintenance.minimum_line")
    assert rule.on("2019-08-16").bp == 13_000
    gone = rule.on("2019-08-19")
    assert gone.is_abolished
    assert "130%" in gone.why.en
    with pytest.raises(RuleError, match="abolished since 2019-08-19"):
        _ = gone.value


def test_a_column_has_none_where_there_is_no_value() -> None:
    book = Rulebook.load()
    sessions = [date(2010, 3, 30), date(2010, 3, 31), date(2015, 11, 23), date(2023, 9, 11)]
    assert book.scalar_by_session(RATIO, sessions) == [None, 5_000, 10_000, 8_000]
    around = [date(2019, 8, 16), date(2019, 8, 19)]
    assert book.scalar_by_session("exchange.maintenance.minimum_line", around) == [13_000, None]
