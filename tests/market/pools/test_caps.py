"""Haircut caps by class, membership, status and static P/E, as the published table of caps prints them."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongheng.market.pools.caps import Caps, haircut_caps
from rongheng.market.pools.tables import KINDS, SECURITIES
from tests.depth import examples
from tests.market.pools.securities import GOOD, SESSION, frame


def caps(*rows: dict[str, Any], session: date = SESSION, pe: pl.DataFrame | None = None) -> Caps:
    base = {"security": "600000.SH", "risk_warned": False, "delisting": False, "static_pe": 20.0, "index_member": False}
    return haircut_caps(frame(*({**base, **row} for row in rows)), session=session, static_pe=pe)


def cap(session: date = SESSION, **row: Any) -> int:
    return int(caps(row, session=session).rows["haircut_cap_bp"][0])


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"index_member": True}, 7_000),
        ({"index_member": False}, 6_500),
        ({"security": "000001.SZ", "index_member": True}, 7_000),
        ({"security": "920001.BJ", "index_member": True}, 7_000),
        ({"security": "920001.BJ"}, 6_500),
        ({"security": "510300.SH", "kind": "etf"}, 9_000),
        ({"security": "511880.SH", "kind": "money_fund"}, 9_500),
        ({"security": "019547.SH", "kind": "treasury_bond"}, 9_500),
        ({"security": "159001.SZ", "kind": "cash_product"}, 9_500),
        ({"security": "160001.SZ", "kind": "lof"}, 8_000),
        ({"security": "180001.SZ", "kind": "other_fund"}, 8_000),
        ({"security": "110000.SH", "kind": "other_bond"}, 8_000),
        ({"security": "580000.SH", "kind": "warrant"}, 0),
        ({"index_member": True, "risk_warned": True}, 0),
        ({"index_member": True, "delisting": True}, 0),
        ({"index_member": True, "static_pe": 300.0}, 0),
        ({"index_member": True, "static_pe": 299.99}, 7_000),
        ({"index_member": True, "static_pe": -0.01}, 0),
        ({"static_pe": None, "index_member": True}, 7_000),
        ({"security_class": "index_share", "index_member": None}, 7_000),
        ({"security_class": "index_share", "risk_warned": True}, 0),
        ({"security": "510300.SH", "kind": "etf", "static_pe": 400.0}, 9_000),  # the rule is about A shares
    ],
)
def test_the_published_caps(row: dict[str, Any], expected: int) -> None:
    assert cap(**row) == expected


@pytest.mark.parametrize("kind", ["b_share", "other", None])
def test_a_security_in_no_class_has_the_haircut_0_and_a_problem_says_so(kind: str | None) -> None:
    found = caps({"security": "900901.SH", "kind": kind}, {"security": "600000.SH"})
    assert found.rows["haircut_cap_bp"].to_list() == [0, 6_500]
    (problem,) = found.problems.to_dicts()
    assert (problem["security"], problem["row"], problem["problem"]) == ("900901.SH", 1, "no_class")
    assert "haircut is 0" in problem["reason_en"]


def test_every_kind_that_a_list_may_name_has_a_class_or_a_problem() -> None:
    for number, kind in enumerate(KINDS):
        found = caps({"security": f"7{number:05d}.SH", "kind": kind})
        classed = found.rows["security_class"][0] is not None
        assert classed == found.problems.is_empty(), kind


def test_a_class_without_a_cap_yet_has_0_and_says_so() -> None:
    fund = {"security": "511880.SH", "kind": "money_fund"}
    before = caps(fund, session=date(2015, 6, 30))
    assert before.rows["haircut_cap_bp"].to_list() == [0]
    assert before.problems["problem"].to_list() == ["no_cap_in_force"]
    assert caps(fund, session=date(2015, 7, 1)).rows["haircut_cap_bp"].to_list() == [9_500]


@pytest.mark.parametrize(("session", "expected"), [(date(2016, 12, 9), 6_500), (date(2016, 12, 12), 0)])
def test_the_static_pe_counts_since_its_rule(session: date, expected: int) -> None:
    assert cap(session, static_pe=400.0) == expected


@pytest.mark.parametrize(("session", "expected"), [(date(2011, 11, 24), 7_000), (date(2011, 11, 25), 0)])
def test_a_risk_warning_counts_since_its_rule(session: date, expected: int) -> None:
    assert cap(session, index_member=True, risk_warned=True) == expected


def test_every_cap_cites_its_rule_and_document() -> None:
    rows = caps({}, {"security": "000001.SZ", "risk_warned": True}).rows
    assert rows["rule"].to_list() == ["exchange.haircut.cap.other_share", "exchange.haircut.cap.risk_warned"]
    assert (rows["document_zh"].str.len_chars() > 0).all()


def test_with_a_history_the_last_test_decides_and_not_todays_figure() -> None:
    friday, monday = date(2025, 3, 14), date(2025, 3, 17)
    pe = pl.DataFrame(
        {
            "security": ["600000.SH", "600004.SH", "600000.SH"],
            "session": [friday, friday, monday],
            "static_pe": [350.0, 299.0, 10.0],
        }
    )
    found = caps({}, {"security": "600004.SH"}, {"security": "600006.SH"}, session=monday, pe=pe)
    assert found.pe_tested_on == friday
    assert found.rows["haircut_cap_bp"].to_list() == [0, 6_500, 6_500]
    (problem,) = found.problems.to_dicts()
    assert (problem["security"], problem["problem"]) == ("600006.SH", "static_pe_unknown")


def test_a_column_that_says_nothing_is_told() -> None:
    notes = haircut_caps(pl.DataFrame({"security": ["600000.SH"]}), session=SESSION).notes
    words = {word for note in notes for word in note.en.split()}
    assert {"risk_warned", "delisting", "index_member", "static_pe"} <= words
    assert caps({}).notes == ()


def test_a_history_without_the_day_of_the_test_tests_nobody_and_says_so() -> None:
    pe = pl.DataFrame({"security": ["600000.SH"], "session": [date(2025, 3, 13)], "static_pe": [400.0]})
    found = caps({}, session=date(2025, 3, 17), pe=pe)
    assert found.rows["haircut_cap_bp"].to_list() == [6_500]
    assert any("static_pe" in note.en for note in found.notes)


statuses = st.fixed_dictionaries(
    {
        "index_member": st.booleans(),
        "risk_warned": st.booleans(),
        "delisting": st.booleans(),
        "static_pe": st.sampled_from([-1.0, 20.0, 299.0, 300.0, None]),
    }
)


@settings(max_examples=examples(16))
@given(statuses, st.sampled_from(["risk_warned", "delisting", "static_pe", "index_member"]))
def test_a_worse_status_never_raises_a_cap(row: dict[str, Any], column: str) -> None:
    worse = {"risk_warned": True, "delisting": True, "static_pe": -5.0, "index_member": False}
    assert cap(**{**row, column: worse[column]}) <= cap(**row)


def test_the_frame_needs_no_more_than_codes() -> None:
    rows = haircut_caps(pl.DataFrame({"security": ["600000.SH"]}), session=SESSION).rows
    assert rows["haircut_cap_bp"].to_list() == [6_500]
    assert set(GOOD) <= set(SECURITIES.by_name)
