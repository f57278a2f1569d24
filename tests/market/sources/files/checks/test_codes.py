"""A file of changed codes: spelt as ours, each change once, on a session, and no circle."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from rongheng.basics.batch import Batch
from rongheng.basics.tables import SECURITY_CODES
from rongheng.market.sources.files.template import template

Reader = Callable[..., Batch]
LINE = "2025-10-09,920017,430017"


def test_the_template_is_filled_in_and_read(read: Reader) -> None:
    assert template(SECURITY_CODES) == "日期,证券代码,原证券代码\n"
    batch = read(template(SECURITY_CODES) + LINE + "\n2025-02-17,sz302132,300114.SZ\n")
    assert batch.table is SECURITY_CODES
    assert batch.facts.select("as_of", "security", "old_security").rows() == [
        (date(2025, 2, 17), "302132.SZ", "300114.SZ"),
        (date(2025, 10, 9), "920017.BJ", "430017.BJ"),
    ]


def test_the_words_of_an_exchanges_table_are_known(read: Reader) -> None:
    batch = read("启用日期,证券简称,旧代码,新代码\n2025-10-09,星昊医药,430017,920017\n")
    assert batch.facts.select("security", "old_security").rows() == [("920017.BJ", "430017.BJ")]


@pytest.mark.parametrize(
    ("lines", "reason", "kept"),
    [
        (["2025-10-08,920047,430047"], "is not a trading day", 1),
        (["2025-10-09,920047,430017"], "changes once", 0),
        (["2025-10-10,920047,920047"], "leads to another code", 1),
        (["2025-10-10,430017,920017"], "cannot have changed by then", 1),
        (["2025-10-09,920047,dog"], "write it as 430017.BJ", 1),
    ],
)
def test_a_row_that_cannot_be_is_set_aside_with_its_reason(
    read: Reader, lines: list[str], reason: str, kept: int
) -> None:
    batch = read(template(SECURITY_CODES) + "\n".join([LINE, *lines]) + "\n")
    assert batch.facts.height == kept
    assert all(reason in row for row in batch.quarantine["reason"])
    assert batch.quarantine.height == 2 - kept
