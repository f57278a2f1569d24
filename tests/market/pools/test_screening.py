"""Which securities qualify: every threshold from both sides, as the documents print it, and the laws of a screening."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongheng.basics.errors import NotInForceError
from rongheng.market.pools.screening import Screening, screen
from tests.depth import examples
from tests.market.pools.securities import BOND, FUND, GOOD, SESSION, frame, share

SMALL = {"float_shares": 0.0, "float_cap": 0.0}
SLOW = {"turnover_rate": 0.001499, "mean_amount": 49_999_999.99}

# The share is good but for these figures; whether it qualifies for financing, and for short sale.
BOUNDARIES: list[tuple[dict[str, Any], bool, bool]] = [
    ({}, True, True),
    ({"listing_date": date(2024, 12, 20)}, True, True),  # three months and a day before 2025-03-21
    ({"listing_date": date(2024, 12, 21)}, False, False),
    ({**SMALL, "float_shares": 100_000_000.0}, True, False),
    ({**SMALL, "float_shares": 99_999_999.0}, False, False),
    ({**SMALL, "float_shares": 200_000_000.0}, True, True),
    ({**SMALL, "float_shares": 199_999_999.0}, True, False),
    ({**SMALL, "float_cap": 500_000_000.0}, True, False),
    ({**SMALL, "float_cap": 499_999_999.99}, False, False),
    ({**SMALL, "float_cap": 800_000_000.0}, True, True),
    ({**SMALL, "float_cap": 799_999_999.99}, True, False),
    ({"holders": 4_000}, True, True),
    ({"holders": 3_999}, False, False),
    ({**SLOW, "turnover_rate": 0.0015}, True, True),  # 15 % of the benchmark's 1 %
    (SLOW, False, False),
    ({**SLOW, "mean_amount": 50_000_000.0}, True, True),
    ({"mean_change": 0.041}, True, True),  # 4 points above 0.1 %
    ({"mean_change": 0.0410001}, False, False),
    ({"mean_change": -0.039}, True, True),
    ({"mean_change": -0.0390001}, False, False),
    ({"amplitude": 0.4999999}, True, True),
    ({"amplitude": 0.5}, False, False),  # five times the benchmark's 10 %
    ({"share_reform_done": False}, False, False),
    ({"risk_warned": True}, False, False),
    ({"delisting": True}, False, False),
    ({"removal_case": "abnormal_trading"}, False, False),
]


def qualifies(rows: pl.DataFrame, session: date = SESSION) -> list[bool]:
    return screen(rows, session=session).verdicts["qualifies"].to_list()


@pytest.mark.parametrize(("changes", "financing", "short"), BOUNDARIES)
def test_a_share_on_each_side_of_each_threshold(changes: dict[str, Any], financing: bool, short: bool) -> None:
    assert qualifies(share(**changes)) == [financing, short]


def test_a_threshold_is_met_exactly_where_a_product_of_floats_would_miss_it() -> None:
    # 15 % of 0.0202 is 0.00303, but 0.15 * 0.0202 is 0.0030299999999999997 and 3 * 0.1 is above 0.3.
    assert 0.15 * 0.0202 != 0.00303
    on_the_line = {**SLOW, "turnover_rate": 0.00303, "benchmark_turnover_rate": 0.0202}
    under_it = {**on_the_line, "turnover_rate": 0.003029999999}
    assert qualifies(share(**on_the_line)) == [True, True]
    assert qualifies(share(**under_it)) == [False, False]
    assert qualifies(share(amplitude=0.35, benchmark_amplitude=0.07)) == [False, False]


@pytest.mark.parametrize(("session", "passes"), [(date(2011, 11, 24), False), (date(2011, 11, 25), True)])
def test_the_earlier_text_asked_a_fifth_of_the_turnover_and_no_amount(session: date, passes: bool) -> None:
    rows = share(turnover_rate=0.0019, benchmark_turnover_rate=0.01, mean_amount=1e9)
    assert qualifies(rows, session) == [passes, passes]


@pytest.mark.parametrize("column", sorted(set(GOOD) - {"security", "registration_system", "index_member"}))
def test_a_missing_figure_is_unknown_and_does_not_qualify(column: str) -> None:
    found = screen(share(**{column: None}), session=SESSION)
    either = {"float_shares", "float_cap", "mean_amount", "turnover_rate", "benchmark_turnover_rate"}
    if column in either:  # the other half of an `or` decides alone
        assert found.verdicts["qualifies"].to_list() == [True, True]
        return
    assert found.verdicts["qualifies"].to_list() == [False, False]
    assert (found.verdicts["unknown"] != "").all()
    assert (found.verdicts["failed"] == "").all()


def test_half_of_an_or_that_fails_leaves_the_other_half_unknown() -> None:
    for missing in ({"float_shares": None, "float_cap": 1.0}, {"float_shares": 1.0, "float_cap": None}):
        found = screen(share(**missing), session=SESSION)
        assert found.verdicts["unknown"].to_list() == ["float_size", "float_size"]
    slow = screen(share(turnover_rate=0.001, mean_amount=None), session=SESSION)
    assert slow.verdicts["unknown"].to_list() == ["turnover", "turnover"]


def test_every_condition_cites_its_rule_and_its_document() -> None:
    conditions = screen(share(), session=SESSION).conditions
    keys = ["listed_over", "float_size", "holders", "turnover", "change_gap", "amplitude", "share_reform_done"]
    asked = conditions.filter(pl.col("side") == "financing")
    assert asked["condition"].to_list() == [*keys, "not_risk_warned", "not_delisting", "removal_case"]
    assert asked["rule"].unique().sort().to_list() == [
        "exchange.underlying.removal_cases",
        "exchange.underlying.stock_conditions",
    ]
    assert (asked["document_en"].str.len_chars() > 0).all()
    sizes = conditions.filter(pl.col("condition") == "float_size")["threshold_en"].to_list()
    assert sizes == [
        "at least 100,000,000 shares, or at least 500,000,000 yuan",
        "at least 200,000,000 shares, or at least 800,000,000 yuan",
    ]


def test_each_exchange_cites_its_own_document() -> None:
    found = screen(frame(GOOD, {**GOOD, "security": "000001.SZ"}), session=SESSION).conditions
    cited = found.filter(pl.col("condition") == "holders").unique("security").sort("security")["document_zh"]
    assert cited[0].startswith("深圳证券交易所")
    assert cited[1].startswith("上海证券交易所")


# Shares that need only be listed, and the first session on which that was enough.
REGISTERED = [
    ("688001.SH", True, date(2019, 7, 22)),
    ("300900.SZ", True, date(2020, 8, 24)),
    ("601001.SH", True, date(2023, 2, 17)),
    ("001001.SZ", True, date(2023, 2, 17)),
    ("920001.BJ", None, date(2023, 9, 11)),
]


def bare(code: str, registered: bool | None, listed: date) -> pl.DataFrame:
    return frame(
        {
            "security": code,
            "registration_system": registered,
            "listing_date": listed,
            "risk_warned": False,
            "delisting": False,
            "index_member": False,
        }
    )


@pytest.mark.parametrize(("code", "registered", "since"), REGISTERED)
def test_registered_shares_qualify_from_their_first_day(code: str, registered: bool | None, since: date) -> None:
    rows = bare(code, registered, since)
    assert qualifies(rows, since) == [True, True]
    assert qualifies(rows, since - timedelta(days=1)) == [False, False]  # not listed, and not yet the rule
    early = bare(code, registered, date(2019, 7, 1))
    assert qualifies(early, since) == [True, True]
    assert qualifies(early, since - timedelta(days=3)) == [False, False]  # listed, but not yet the rule


def test_a_registered_share_is_removed_like_any_other() -> None:
    rows = bare("688001.SH", True, date(2019, 7, 22)).with_columns(risk_warned=True)
    assert qualifies(rows) == [False, False]


def test_a_share_that_does_not_say_how_it_was_offered_is_unknown_only_where_it_matters() -> None:
    def unknown(code: str, listed: date) -> str:
        rows = share(security=code, registration_system=None, listing_date=listed)
        return str(screen(rows, session=SESSION).verdicts["unknown"][0])

    assert unknown("600000.SH", date(2023, 2, 16)) == ""  # listed before its board had registered shares
    assert unknown("600000.SH", date(2023, 4, 10)) == "registration_system"
    assert unknown("300750.SZ", date(2020, 8, 21)) == ""
    assert unknown("300900.SZ", date(2020, 8, 24)) == "registration_system"
    assert unknown("688001.SH", date(2019, 7, 22)) == ""  # STAR has no other shares


def test_the_beijing_exchange_at_its_launch() -> None:
    member = bare("830001.BJ", None, date(2021, 11, 15)).with_columns(index_member=True)
    other = bare("830002.BJ", None, date(2021, 11, 15))
    both = pl.concat([member, other])
    before = screen(both, session=date(2023, 2, 10))
    assert before.verdicts["failed"].to_list() == ["kind"] * 4  # no margin trading there yet
    launched = screen(both, session=date(2023, 2, 13)).verdicts
    assert launched["qualifies"].to_list() == [True, True, False, False]
    assert launched["unknown"].to_list() == ["", "", "index_member", "index_member"]
    assert qualifies(both, date(2023, 9, 8)) == [True, True, False, False]
    assert qualifies(both, date(2023, 9, 11)) == [True] * 4


FUNDS: list[tuple[Mapping[str, Any], dict[str, Any], date, bool]] = [
    (FUND, {}, SESSION, True),
    (FUND, {"listing_date": date(2025, 3, 13)}, SESSION, True),  # the sixth session back; 14th is the fifth
    (FUND, {"listing_date": date(2025, 3, 14)}, SESSION, False),
    (FUND, {"mean_net_assets": 500_000_000.0}, SESSION, True),
    (FUND, {"mean_net_assets": 499_999_999.99}, SESSION, False),
    (FUND, {"holders": 2_000}, SESSION, True),
    (FUND, {"holders": 1_999}, SESSION, False),
    (FUND, {"holders": 4_000}, date(2015, 6, 30), False),  # 2 bn yuan until then
    (FUND, {"holders": 4_000, "mean_net_assets": 2e9}, date(2015, 6, 30), True),
    (FUND, {"holders": 3_999, "mean_net_assets": 2e9}, date(2015, 6, 30), False),
    (FUND, {"holders": 3_999}, date(2015, 7, 1), True),
    (FUND, {"kind": "lof"}, SESSION, True),
    (FUND, {"kind": "lof", "split_or_merger": True}, SESSION, False),
    (FUND, {"kind": "lof"}, date(2015, 6, 30), False),  # no rule for LOFs yet
    (FUND, {"kind": "other_fund"}, SESSION, False),
    (BOND, {}, SESSION, True),
    (BOND, {"face_value": 100_000_000.0}, SESSION, True),
    (BOND, {"face_value": 99_999_999.99}, SESSION, False),
    (BOND, {"maturity": date(2026, 3, 22)}, SESSION, True),
    (BOND, {"maturity": date(2026, 3, 21)}, SESSION, False),
    (BOND, {"rating": "AA"}, SESSION, True),
    (BOND, {"rating": "AA-"}, SESSION, False),
    (BOND, {"rating": "none known"}, SESSION, False),
    (BOND, {"kind": "warrant"}, SESSION, False),
    (BOND, {"kind": None}, SESSION, False),
]


@pytest.mark.parametrize(("base", "changes", "session", "passes"), FUNDS)
def test_funds_and_bonds_on_each_side_of_their_thresholds(
    base: Mapping[str, Any], changes: dict[str, Any], session: date, passes: bool
) -> None:
    assert qualifies(frame({**base, **changes}), session) == [passes, passes]


def test_a_word_that_no_agency_uses_is_unknown_and_not_a_failure() -> None:
    found = screen(frame({**BOND, "rating": "very good"}), session=SESSION)
    assert found.verdicts["unknown"].to_list() == ["rating", "rating"]


def test_before_margin_trading_nothing_can_be_asked() -> None:
    with pytest.raises(NotInForceError, match="2010-03-31"):
        screen(share(), session=date(2010, 3, 30))


def test_a_rule_that_a_report_shows_later_is_taken_back_in_time_only_for_a_reader_of_today() -> None:
    early = screen(share(), session=date(2024, 1, 5))
    assert any("removal_cases" in note.en for note in early.notes)
    with pytest.raises(NotInForceError):
        screen(share(), session=date(2024, 1, 5), known_at=date(2024, 1, 5))


def test_no_security_at_all_is_no_error() -> None:
    found = screen(share().clear(), session=SESSION)
    assert found.verdicts.is_empty()
    assert found.conditions.is_empty()


figures = st.fixed_dictionaries(
    {
        "float_shares": st.integers(0, 400_000_000).map(float),
        "float_cap": st.integers(0, 1_600_000_000).map(float),
        "holders": st.integers(3_990, 4_010),
        "turnover_rate": st.integers(0, 40).map(lambda n: n / 10_000),
        "mean_amount": st.integers(49_999_990, 50_000_010).map(float),
        "amplitude": st.integers(480, 520).map(lambda n: n / 1_000),
        "mean_change": st.integers(-45, 45).map(lambda n: n / 1_000),
    }
)
WORSE = {
    "float_shares": -1.0,
    "float_cap": -1.0,
    "holders": -1,
    "turnover_rate": -0.0001,
    "mean_amount": -1.0,
    "amplitude": 0.001,
}


@settings(max_examples=examples(16))
@given(st.lists(figures, min_size=1, max_size=8), st.sampled_from(sorted(WORSE)), st.integers(0, 20))
def test_worse_figures_never_make_more_securities_qualify(rows: list[dict[str, Any]], column: str, steps: int) -> None:
    codes = [f"60{number:04d}.SH" for number in range(len(rows))]
    before = frame(*({**GOOD, **row, "security": code} for code, row in zip(codes, rows, strict=True)))
    worse = pl.max_horizontal(pl.col(column) + WORSE[column] * steps, pl.lit(0)).cast(before.schema[column])
    after = before.with_columns(worse.alias(column))
    first, second = (screen(one, session=SESSION) for one in (before, after))
    for side in ("financing", "short"):
        assert set(second.qualifying(side)) <= set(first.qualifying(side))


@settings(max_examples=examples(16))
@given(st.lists(figures, min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_the_securities_changes_nothing(rows: list[dict[str, Any]], random: Any) -> None:
    codes = [f"60{number:04d}.SH" for number in range(len(rows))]
    made = [{**GOOD, **row, "security": code} for code, row in zip(codes, rows, strict=True)]
    shuffled = random.sample(made, len(made))
    one, other = screen(frame(*made), session=SESSION), screen(frame(*shuffled), session=SESSION)
    assert sorted_rows(one) == sorted_rows(other)
    assert other.verdicts["security"].to_list() == [row["security"] for row in shuffled for _ in range(2)]


def sorted_rows(found: Screening) -> list[tuple[Any, ...]]:
    return sorted(found.conditions.rows())


def test_what_qualifies_for_short_sale_qualifies_for_financing() -> None:
    for changes, financing, short in BOUNDARIES:
        assert financing or not short, changes
