"""Whether what a publisher says goes on from what is known."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from rongheng.basics.errors import SourceChangedError
from rongheng.basics.tables import ACCOUNT_DAILY, ETF_NAV, SECURITY_FLAGS, Table
from rongheng.market.series.continuity import Continuity
from rongheng.market.store import Lake


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", create=True)


def _facts(table: Table, column: str, *rows: tuple[object, ...]) -> pl.DataFrame:
    schema = {name: table.schema[name] for name in ("as_of", *table.key, column)}
    return pl.DataFrame(rows, schema=schema, orient="row")


MONDAY, TUESDAY, FRIDAY, NEXT_WEEK = (date(2024, 3, day) for day in (4, 5, 8, 14))


def _held(lake: Lake, *values: tuple[date, float]) -> None:
    known = Continuity(lake, ACCOUNT_DAILY, "financing_balance", first=MONDAY)
    for day, value in values:
        known.check(_facts(ACCOUNT_DAILY, "financing_balance", (day, value)), name="a publisher")


@pytest.mark.parametrize("value", [1.0e8, 1.9e13])
def test_what_grows_or_falls_less_than_twentyfold_goes_on(lake: Lake, value: float) -> None:
    _held(lake, (MONDAY, 1.0e12 if value > 1e12 else 1.9e9), (TUESDAY, value))


@pytest.mark.parametrize("value", [1.0e8, 1.0e14])
def test_what_jumps_is_in_another_unit(lake: Lake, value: float) -> None:
    with pytest.raises(
        SourceChangedError, match=r"a publisher: financing_balance makes .* and made 1e\+12 on 2024-03-04"
    ):
        _held(lake, (MONDAY, 1.0e12), (TUESDAY, value))


def test_over_a_gap_of_more_than_a_week_anything_may_have_grown(lake: Lake) -> None:
    _held(lake, (MONDAY, 1.0e12), (NEXT_WEEK, 1.0e8))


def test_keys_that_come_and_go_are_no_jump_and_each_is_held_against_its_own_last_figure(lake: Lake) -> None:
    known = Continuity(lake, ETF_NAV, "nav", first=MONDAY)
    known.check(_facts(ETF_NAV, "nav", (MONDAY, "510050.SH", 2.0), (MONDAY, "510300.SH", 100.0)), name="one")
    known.check(_facts(ETF_NAV, "nav", (TUESDAY, "510050.SH", 2.1), (TUESDAY, "159915.SZ", 900.0)), name="one")
    with pytest.raises(SourceChangedError, match="made 100 on 2024-03-04"):
        known.check(_facts(ETF_NAV, "nav", (FRIDAY, "510300.SH", 1.0)), name="one")


def _listed(day: date, count: int, *, exchange: str = "SH", marked: bool = True) -> list[tuple[object, ...]]:
    return [(day, f"{600000 + number}.{exchange}", marked) for number in range(count)]


@pytest.mark.parametrize("column", ["is_financing_underlying", "is_collateral"])
def test_a_list_that_lost_a_fifth_of_an_exchange_was_cut_short(lake: Lake, column: str) -> None:
    known = Continuity(lake, SECURITY_FLAGS, "is_financing_underlying", first=MONDAY)
    rows = [*_listed(MONDAY, 100), *_listed(MONDAY, 50, exchange="SZ")]
    known.check(_facts(SECURITY_FLAGS, column, *rows), name="one", whole=True)
    enough = [*_listed(TUESDAY, 80), *_listed(TUESDAY, 50, exchange="SZ")]
    known.check(_facts(SECURITY_FLAGS, column, *enough), name="one", whole=True)
    too_few = [*_listed(FRIDAY, 80), *_listed(FRIDAY, 39, exchange="SZ")]
    with pytest.raises(SourceChangedError, match=rf"{column} is there of 39 securities of SZSE .* of 50 on 2024-03-05"):
        known.check(_facts(SECURITY_FLAGS, column, *too_few), name="one", whole=True)


def test_what_is_not_marked_is_not_on_the_list(lake: Lake) -> None:
    known = Continuity(lake, SECURITY_FLAGS, "is_financing_underlying", first=MONDAY)
    known.check(_facts(SECURITY_FLAGS, "is_financing_underlying", *_listed(MONDAY, 100)), name="one", whole=True)
    rows = [*_listed(TUESDAY, 70), *((TUESDAY, f"{601000 + number}.SH", False) for number in range(400))]
    with pytest.raises(SourceChangedError, match="of 70 securities of SSE"):
        known.check(_facts(SECURITY_FLAGS, "is_financing_underlying", *rows), name="one", whole=True)


def test_an_answer_about_one_security_or_about_few_is_not_counted(lake: Lake) -> None:
    known = Continuity(lake, SECURITY_FLAGS, "is_financing_underlying", first=MONDAY)
    facts = _facts(
        SECURITY_FLAGS, "is_financing_underlying", *_listed(MONDAY, 100), *_listed(MONDAY, 19, exchange="SZ")
    )
    known.check(facts, name="one", whole=True)
    one = _facts(SECURITY_FLAGS, "is_financing_underlying", *_listed(TUESDAY, 1))
    known.check(one, name="one", whole=False)
    few = _facts(SECURITY_FLAGS, "is_financing_underlying", *_listed(TUESDAY, 1, exchange="SZ"))
    known.check(few, name="one", whole=True)


def test_nothing_and_marks_of_yes_or_no_are_not_compared(lake: Lake) -> None:
    _held(lake, (MONDAY, 0.0), (TUESDAY, 1.0e12))
    flags = Continuity(lake, SECURITY_FLAGS, "is_collateral", first=MONDAY)
    flags.check(_facts(SECURITY_FLAGS, "is_collateral", (MONDAY, "600000.SH", True)), name="one")
