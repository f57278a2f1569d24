"""Wrong lists are refused with the row, what was found and what to do; breaches of the exchange's rules are named."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from rongheng.basics.errors import DataError
from rongheng.market.pools.broker_list import BrokerList
from rongheng.market.pools.caps import haircut_caps
from rongheng.market.pools.frames import conform, merge
from rongheng.market.pools.list_check import ListCheck, check_list
from rongheng.market.pools.screening import screen
from rongheng.market.pools.tables import BROKER_LIST
from tests.market.pools.securities import SESSION, share


def listed(*rows: tuple[str, int | None], **columns: list[Any]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema={"security": pl.String, "haircut_bp": pl.Int64}, orient="row")
    return frame.with_columns(pl.Series(name, values) for name, values in columns.items())


def refused(frame: pl.DataFrame) -> str:
    with pytest.raises(DataError) as error:
        BrokerList.of(frame, broker="A", where="a.csv")
    return str(error.value)


def test_a_code_that_stands_twice_is_refused_with_its_rows() -> None:
    message = refused(listed(("600000.SH", 7_000), ("000001.SZ", 6_500), ("600000.SH", 6_500)))
    assert message.startswith("a.csv, rows 1, 3: 600000.SH stands 2 times")
    assert "delete" in message


def test_rows_are_those_of_the_file_where_it_has_them() -> None:
    frame = listed(("600000.SH", 7_000), ("600000.SH", 6_500)).with_columns(row=pl.Series([4, 9]))
    assert "rows 4, 9" in refused(frame)


@pytest.mark.parametrize(("bp", "shown"), [(12_000, "120 %"), (10_001, "100.01 %"), (-100, "-1 %")])
def test_an_impossible_haircut_is_refused(bp: int, shown: str) -> None:
    message = refused(listed(("600000.SH", 7_000), ("000001.SZ", bp)))
    assert f"row 2: haircut_bp of 000001.SZ is {shown}" in message
    assert "0 % to 100 %" in message


def test_the_bounds_themselves_are_possible() -> None:
    one = BrokerList.of(listed(("600000.SH", 0), ("000001.SZ", 10_000)), broker="A")
    assert one.collateral.height == 2


@pytest.mark.parametrize("code", ["600000", "60000.SH", "600000.SS", "600000.sh", " 600000.SH", "SH600000"])
def test_a_malformed_code_is_refused(code: str) -> None:
    assert "a code such as 600000.SH" in refused(listed((code, 7_000)))


def test_an_unknown_class_is_refused() -> None:
    assert "one of A, B, C, D, E, F, G" in refused(listed(("600000.SH", 7_000), concentration_class=["Z"]))


def test_many_bad_rows_are_counted_and_the_first_shown() -> None:
    message = refused(listed(*((f"60{number:04d}.SH", 20_000) for number in range(7))))
    assert "7 rows are wrong" in message
    assert message.count("200 %") == 3


def test_a_misspelt_column_is_refused_with_a_hint() -> None:
    with pytest.raises(DataError, match="Did you mean 'holders'"):
        screen(share().rename({"holders": "holder"}), session=SESSION)


def test_a_column_of_text_is_not_taken_for_numbers() -> None:
    with pytest.raises(DataError, match="holds String; expected Float64"):
        screen(share().with_columns(pl.col("float_cap").cast(pl.String)), session=SESSION)


def test_a_figure_that_is_no_number_is_refused() -> None:
    with pytest.raises(DataError, match="finite"):
        screen(share(float_cap=float("nan")), session=SESSION)


def test_a_missing_code_column_is_refused() -> None:
    with pytest.raises(DataError, match="'security'"):
        screen(share().drop("security"), session=SESSION)


def test_two_files_of_one_list_complete_each_other() -> None:
    collateral = conform(listed(("600000.SH", 7_000), ("000001.SZ", 6_500)), BROKER_LIST, where="c.csv")
    traded = conform(
        pl.DataFrame({"security": ["600000.SH", "300750.SZ"], "financing": [True, True]}), BROKER_LIST, where="u.csv"
    )
    both = merge([("c.csv", collateral), ("u.csv", traded)], BROKER_LIST).sort("security")
    assert both.select("security", "haircut_bp", "financing").rows() == [
        ("000001.SZ", 6_500, None),
        ("300750.SZ", None, True),
        ("600000.SH", 7_000, True),
    ]


def test_two_files_that_contradict_each_other_are_refused() -> None:
    one, other = (conform(listed(("600000.SH", bp)), BROKER_LIST, where="x") for bp in (7_000, 6_500))
    with pytest.raises(
        DataError, match=r"haircut_bp of 600000.SH is said twice: c.csv, row 1: 70 %; d.csv, row 1: 65 %"
    ):
        merge([("c.csv", one), ("d.csv", other)], BROKER_LIST)


SECURITIES = pl.DataFrame(
    {
        "security": ["600000.SH", "000001.SZ", "600004.SH", "900901.SH"],
        "index_member": [True, False, False, None],
        "risk_warned": [False, False, True, False],
        "delisting": [False] * 4,
        "static_pe": [10.0, 10.0, 10.0, None],
    }
)


def checked(frame: pl.DataFrame, session: date = SESSION, **options: Any) -> ListCheck:
    caps = haircut_caps(SECURITIES, session=session)
    return check_list(BrokerList.of(frame, broker="A"), session=session, caps=caps, **options)


def breaches(check: ListCheck) -> list[tuple[Any, ...]]:
    return check.breaches.select("security", "breach", "found_bp", "allowed_bp").rows()


def test_a_haircut_at_its_cap_is_allowed_and_one_basis_point_more_is_a_breach() -> None:
    assert breaches(checked(listed(("600000.SH", 7_000), ("000001.SZ", 6_500), ("600004.SH", 0)))) == []
    over = checked(listed(("600000.SH", 7_001), ("000001.SZ", 6_501), ("600004.SH", 1)))
    assert breaches(over) == [
        ("600000.SH", "haircut_above_cap", 7_001, 7_000),
        ("000001.SZ", "haircut_above_cap", 6_501, 6_500),
        ("600004.SH", "haircut_above_cap", 1, 0),
    ]
    assert over.breaches["rule"].to_list() == [
        "exchange.haircut.cap.index_share",
        "exchange.haircut.cap.other_share",
        "exchange.haircut.cap.risk_warned",
    ]
    assert over.breaches["why_en"][0] == "haircut 70.01% above the cap 70%"


def test_a_security_in_no_class_may_not_count_at_all() -> None:
    assert breaches(checked(listed(("900901.SH", 5_000)))) == [("900901.SH", "haircut_above_cap", 5_000, 0)]


def test_a_security_without_a_cap_among_those_given_is_told() -> None:
    check = checked(listed(("300750.SZ", 6_500)))
    assert check.breaches.is_empty()
    assert "300750.SZ" in check.notes[0].en


EXCHANGE = pl.DataFrame(
    {
        "security": ["600000.SH", "000001.SZ"],
        "collateral": [True, True],
        "financing": [True, False],
        "short": [False, True],
    }
)


def test_what_is_outside_the_exchanges_lists_is_named() -> None:
    frame = listed(
        ("600000.SH", 7_000), ("600004.SH", 0), ("000001.SZ", None),
        financing=[True, False, True], short=[True, False, True],
    )  # fmt: skip
    assert [row[:2] for row in breaches(checked(frame, exchange=EXCHANGE))] == [
        ("600000.SH", "outside_short"),
        ("600004.SH", "outside_collateral"),
        ("000001.SZ", "outside_financing"),
    ]


def test_an_exchange_list_that_is_silent_about_underlyings_tests_collateral_alone() -> None:
    frame = listed(("600000.SH", 7_000), ("600004.SH", 0), financing=[True, True], short=[True, True])
    silent = EXCHANGE.select("security")
    assert [row[:2] for row in breaches(checked(frame, exchange=silent))] == [("600004.SH", "outside_collateral")]


@pytest.mark.parametrize(("session", "minimum"), [(date(2026, 1, 16), 8_000), (date(2026, 1, 19), 10_000)])
def test_a_margin_ratio_under_the_minimum_of_the_session_is_a_breach(session: date, minimum: int) -> None:
    at = listed(("600000.SH", 7_000), financing_ratio_bp=[minimum])
    under = listed(("600000.SH", 7_000), financing_ratio_bp=[minimum - 1])
    assert breaches(checked(at, session)) == []
    assert breaches(checked(under, session)) == [("600000.SH", "financing_ratio_under_minimum", minimum - 1, minimum)]
