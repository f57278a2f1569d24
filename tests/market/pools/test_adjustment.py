"""What changes on a list, and why."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from rongheng.basics.errors import UsageError
from rongheng.market.pools.adjustment import difference, reasons, regular_adjustment, removals
from rongheng.market.pools.ranking import rank
from rongheng.market.pools.screening import screen
from tests.market.pools.securities import GOOD, SESSION, frame

# Sizes fall from the first to the last; the second and the last are on the list now.
POOL = frame(
    *(
        {**GOOD, "security": code, "mean_float_cap": cap, "mean_amount": 1e8, "is_underlying": on, "holders": holders}
        for code, cap, on, holders in (
            ("600000.SH", 9e9, False, 50_000),
            ("600004.SH", 8e9, True, 3_999),
            ("600006.SH", 7e9, False, 50_000),
            ("600007.SH", 6e9, False, 50_000),
            ("600008.SH", 1e9, True, 50_000),
        )
    )
)


def adjusted(places: int) -> list[tuple[str, str]]:
    screening = screen(POOL, session=SESSION)
    ranking = rank(POOL, session=SESSION, candidates=screening.qualifying("financing"))
    rows = regular_adjustment(ranking, places={"SSE": places}, screening=screening)
    return rows.select("security", "change").rows()


def test_the_places_left_by_those_that_stay_go_to_the_largest_candidates() -> None:
    """600004 has too few holders and goes, though it is the second largest; 600008 is the smallest and stays."""
    assert adjusted(3) == [
        ("600008.SH", "kept"),
        ("600000.SH", "in"),
        ("600006.SH", "in"),
        ("600004.SH", "out"),
    ]


def test_one_place_more_or_less_is_one_candidate_more_or_less() -> None:
    assert [code for code, change in adjusted(1) if change == "in"] == []
    assert [code for code, change in adjusted(2) if change == "in"] == ["600000.SH"]
    assert [code for code, change in adjusted(9) if change == "in"] == ["600000.SH", "600006.SH", "600007.SH"]


def test_who_goes_is_told_by_which_condition() -> None:
    screening = screen(POOL, session=SESSION)
    ranking = rank(POOL, session=SESSION, candidates=screening.qualifying("financing"))
    rows = regular_adjustment(ranking, places={"SSE": 3}, screening=screening)
    gone = rows.filter(pl.col("change") == "out").row(0, named=True)
    assert "3,999" in gone["why_en"]
    assert "4,000" in gone["why_en"]
    assert gone["rule"] == "exchange.underlying.stock_conditions"


def test_with_too_few_places_the_smallest_underlying_goes() -> None:
    assert ("600008.SH", "out") in adjusted(0)


def test_places_must_be_said_for_each_exchange() -> None:
    with pytest.raises(UsageError, match="SSE"):
        regular_adjustment(rank(POOL, session=SESSION), places={"SZSE": 10})


def test_an_underlying_that_is_warned_of_goes_the_same_day() -> None:
    rows = frame(
        {**GOOD, "is_underlying": True, "risk_warned": True},
        {**GOOD, "security": "600004.SH", "is_underlying": True},
        {**GOOD, "security": "600006.SH", "is_underlying": False, "delisting": True},
        {**GOOD, "security": "600007.SH", "is_underlying": True, "removal_case": "board_transfer"},
        {**GOOD, "security": "600008.SH", "is_underlying": True, "risk_warned": True, "delisting": True},
    )
    gone = removals(rows, session=SESSION)
    assert gone.select("security", "list", "why_en").rows() == [
        (code, side, why)
        for code, why in (
            ("600000.SH", "risk warning"),
            ("600007.SH", "transfer to another board"),
            ("600008.SH", "delisting procedure"),
        )
        for side in ("financing", "short")
    ]
    assert set(gone["rule"]) == {"exchange.underlying.removal_cases"}


def listed(**sides: list[str]) -> pl.DataFrame:
    codes = sorted({code for own in sides.values() for code in own})
    return pl.DataFrame({"security": codes} | {side: [code in own for code in codes] for side, own in sides.items()})


def test_two_lists_differ_by_what_came_and_what_went() -> None:
    before = listed(financing=["600000.SH", "600004.SH"], short=["600000.SH", "600004.SH"])
    after = listed(financing=["600000.SH", "688001.SH"], short=["600000.SH", "600004.SH"])
    changes = difference(before, after).select("list", "change", "security").rows()
    assert changes == [("financing", "in", "688001.SH"), ("financing", "out", "600004.SH")]


def test_a_list_and_itself_do_not_differ() -> None:
    one = listed(financing=["600000.SH"], short=[])
    assert difference(one, one).is_empty()


def test_a_list_of_codes_alone_is_one_of_collateral() -> None:
    before, after = (pl.DataFrame({"security": codes}) for codes in (["600000.SH"], ["600000.SH", "600004.SH"]))
    assert difference(before, after).select("list", "change", "security").rows() == [("collateral", "in", "600004.SH")]


def test_lists_of_different_things_are_not_compared() -> None:
    with pytest.raises(UsageError, match="like with like"):
        difference(listed(financing=["600000.SH"]), listed(short=["600000.SH"]))


def test_a_change_is_explained_by_what_the_rules_lead_to() -> None:
    figures = frame(
        {**GOOD, "security": "600004.SH", "holders": 10},
        {**GOOD, "security": "688001.SH", "listing_date": date(2025, 3, 21), "registration_system": True},
    )
    before = listed(financing=["600000.SH", "600004.SH"])
    after = listed(financing=["688001.SH"])
    changes = difference(before, after, reasons=reasons(figures, session=SESSION))
    why = dict(changes.select("security", "why_en").rows())
    assert "registration system" in why["688001.SH"]
    assert "10 (asked: at least 4,000)" in why["600004.SH"]
    assert why["600000.SH"] is None  # the figures do not speak of it


def test_a_change_of_code_between_two_lists_is_no_change_of_the_list() -> None:
    before = listed(financing=["430017.BJ", "831278.BJ"])
    after = listed(financing=["920017.BJ", "920278.BJ"])
    changes = difference(before, after, on=date(2025, 10, 9)).select("change", "security").rows()
    # 831278 has become 920378; 920278, which ends as it does, is another company
    assert changes == [("in", "920278.BJ"), ("out", "920378.BJ")]
