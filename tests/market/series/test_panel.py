"""Which stored fact fills which column of the panel, and what was known when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from rongheng.basics.batch import Batch
from rongheng.basics.calendar import SHANGHAI
from rongheng.basics.errors import MissingDataError, StaleDataError, UsageError
from rongheng.basics.tables import QUARANTINE_SCHEMA, TABLES
from rongheng.market import series
from rongheng.market.store import Lake

FRIDAY, MONDAY = date(2018, 10, 19), date(2018, 10, 22)
IMPORTED = datetime(2018, 12, 1, 12, 0, tzinfo=SHANGHAI)


def batch(table_name: str, rows: Iterable[dict[str, object]], *, grade: str = "official", name: str = "a.csv") -> Batch:
    """Return a batch of a few facts, as a file would state them."""
    table = TABLES[table_name]
    records = [
        row | {"known_at": table.publication.known_at(row["as_of"]), "grade": grade, "note": None}  # type: ignore[arg-type]
        for row in rows
    ]
    stated = {key for record in records for key in record}
    schema = {key: dtype for key, dtype in table.schema.items() if key in stated}
    facts = pl.DataFrame(records, schema=schema).sort(list(table.identity))
    aside = {key: dtype for key, dtype in QUARANTINE_SCHEMA.items() if key not in ("imported_at", "sequence")}
    return Batch(
        table=table,
        facts=facts,
        quarantine=pl.DataFrame(schema=aside),
        source="test",
        file=name,
        sheet=None,
        sha256=f"{name}{table_name}{facts.hash_rows().sum()}",
        rows_read=facts.height,
        rows_repeated=0,
    )


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", create=True)


def account(day: date, ratio: float | None = 2.2, balance: float | None = 7.6e11) -> dict[str, object]:
    return {"as_of": day, "financing_balance": balance, "short_balance": 7e9, "maintenance_ratio": ratio}


def summary(day: date, market: str, balance: float, share: float | None = None) -> dict[str, object]:
    return {"as_of": day, "market": market, "financing_balance": balance, "financing_to_float_cap": share}


def bar(day: date, code: str, close: float, amount: float | None = None) -> dict[str, object]:
    return {"as_of": day, "index": code, "close": close, "amount": amount}


def test_the_margin_balance_is_financing_plus_short(lake: Lake) -> None:
    lake.land([batch("account_daily", [account(FRIDAY)])], now=IMPORTED)
    row = series.panel(lake).row(-1, named=True)
    assert row["margin_balance"] == 7.6e11 + 7e9
    assert row["balance_grade"] == "official"


def test_every_session_has_a_row_and_a_blank_one_is_null(lake: Lake) -> None:
    lake.land([batch("account_daily", [account(date(2018, 10, 17)), account(FRIDAY)])], now=IMPORTED)
    panel = series.panel(lake)
    assert panel["session"].to_list() == [date(2018, 10, 17), date(2018, 10, 18), FRIDAY]
    assert panel["maintenance_ratio"].to_list() == [2.2, None, 2.2]


def test_float_cap_follows_from_its_published_share_and_is_derived(lake: Lake) -> None:
    lake.land(
        [
            batch("account_daily", [account(FRIDAY, balance=7.7e11)]),
            batch("margin_summary", [summary(FRIDAY, "SSE+SZSE", 7.6e11, 0.02)]),
        ],
        now=IMPORTED,
    )
    row = series.panel(lake).row(-1, named=True)
    assert row["float_cap"] == pytest.approx(3.8e13)  # 760 bn / 2 %
    assert row["float_cap_grade"] == "derived"
    assert row["financing_balance"] == 7.7e11  # the account statistics speak first


def test_a_market_of_one_exchange_alone_is_not_the_market(lake: Lake) -> None:
    lake.land(
        [
            batch("account_daily", [account(FRIDAY, balance=None)]),
            batch("margin_summary", [summary(FRIDAY, "SSE", 5e11)]),
        ],
        now=IMPORTED,
    )
    assert series.panel(lake)["financing_balance"].to_list() == [None]


def test_turnover_is_the_sum_of_shanghai_and_shenzhen(lake: Lake) -> None:
    bars = [bar(FRIDAY, "000001.SSE", 2550.0, 1.4e11), bar(FRIDAY, "399001.SZSE", 7387.0, 1.7e11)]
    only_one = [bar(MONDAY, "000001.SSE", 2654.0, 2e11)]
    rows = [account(FRIDAY), account(MONDAY)]
    lake.land([batch("account_daily", rows), batch("index_daily", bars + only_one)], now=IMPORTED)
    panel = series.panel(lake)
    assert panel["turnover"].to_list() == [3.1e11, None]
    assert panel["turnover_grade"].to_list() == ["derived", None]
    assert panel["sse_close"].to_list() == [2550.0, 2654.0]


def test_the_rules_of_each_session_stand_in_the_panel(lake: Lake) -> None:
    days = [date(2023, 9, 8), date(2023, 9, 11)]  # the ratio fell to 80 % after the close of the 8th
    lake.land([batch("account_daily", [account(day) for day in days])], now=datetime(2023, 12, 1, tzinfo=SHANGHAI))
    panel = series.panel(lake)
    assert panel["financing_margin_ratio"].to_list() == [1.0, 0.8]
    assert panel["withdrawal_line"].to_list() == [3.0, 3.0]
    assert panel["liquidation_line"].to_list() == [1.3, 1.3]


def test_a_note_of_a_session_uses_what_came_out_on_the_next_one(lake: Lake) -> None:
    lake.land([batch("account_daily", [account(FRIDAY), account(MONDAY)])], now=IMPORTED)
    assert series.published_by(FRIDAY) == datetime(2018, 10, 22, 18, 0, tzinfo=SHANGHAI)
    assert series.panel(lake, as_of=FRIDAY).height == 1
    before = datetime(2018, 10, 22, 17, 59, tzinfo=SHANGHAI)
    with pytest.raises(MissingDataError, match="was known at 2018-10-22 17:59"):
        series.panel(lake, as_of=FRIDAY, known_at=before)


def test_a_correction_is_not_seen_by_a_replay_of_an_earlier_day(lake: Lake) -> None:
    lake.land([batch("account_daily", [account(FRIDAY, 2.2)])], now=datetime(2018, 10, 23, tzinfo=SHANGHAI))
    lake.land([batch("account_daily", [account(FRIDAY, 2.3)], name="b.csv")], now=IMPORTED)
    assert series.panel(lake, as_of=FRIDAY)["maintenance_ratio"].to_list() == [2.2]
    assert series.panel(lake, as_of=FRIDAY, known_at=IMPORTED)["maintenance_ratio"].to_list() == [2.3]


def test_a_day_without_trading_means_the_session_before_it(lake: Lake) -> None:
    lake.land([batch("account_daily", [account(FRIDAY), account(MONDAY)])], now=IMPORTED)
    assert series.resolve_as_of(lake, date(2018, 10, 21)) == FRIDAY


def test_a_day_before_or_after_the_data_says_what_there_is(lake: Lake) -> None:
    with pytest.raises(MissingDataError, match="rongheng import FILE"):
        series.resolve_as_of(lake, None)
    lake.land([batch("account_daily", [account(FRIDAY)])], now=IMPORTED)
    with pytest.raises(MissingDataError, match="begin \\(2018-10-19\\)"):
        series.resolve_as_of(lake, date(2018, 10, 18))
    with pytest.raises(StaleDataError, match="1 sessions before 2018-10-22"):
        series.resolve_as_of(lake, MONDAY)


def test_an_unknown_indicator_is_told_what_there_is() -> None:
    with pytest.raises(UsageError, match="Did you mean lows"):
        series.indicator("low")


def test_an_indicator_without_its_data_says_so_and_the_others_are_read(lake: Lake) -> None:
    lake.land([batch("account_daily", [account(FRIDAY), account(MONDAY)])], now=IMPORTED)
    readings, unreadable = series.read_all(series.panel(lake))
    assert "balance" in readings
    assert "participation" in unreadable or readings["participation"].rows.is_empty()
