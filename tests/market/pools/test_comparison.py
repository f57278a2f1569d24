"""Brokers side by side: ranks with ties, equal haircuts, counts that a list does not tell, and strictness by size."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongheng.basics.errors import DataError, UsageError
from rongheng.market.pools.broker_list import BrokerList
from rongheng.market.pools.class_by_haircut import class_by_haircut
from rongheng.market.pools.counts import class_counts, exchange_pools, haircut_tiers, pool_counts
from rongheng.market.pools.haircut_ranks import all_equal, equal_haircuts, haircut_ranks
from rongheng.market.pools.strictness import strictness
from tests.depth import examples

CODES = ("600000.SH", "000001.SZ", "920001.BJ")


def of(broker: str, haircuts: dict[str, int | None], **columns: list[Any]) -> BrokerList:
    frame = pl.DataFrame(
        {"security": list(haircuts), "haircut_bp": list(haircuts.values()), **columns},
        schema_overrides={"haircut_bp": pl.Int64},
    )
    return BrokerList.of(frame, broker=broker)


def one_share(*haircuts: int) -> list[BrokerList]:
    return [of(f"broker {number}", {"600000.SH": bp}) for number, bp in enumerate(haircuts)]


@pytest.mark.parametrize(
    ("haircuts", "expected"),
    [
        ((7_000, 6_500, 6_000), [1, 2, 3]),
        ((7_000, 7_000, 6_500), [1, 1, 3]),
        ((7_000, 6_500, 6_500), [1, 2, 2]),
        ((6_500, 6_500, 6_500), [1, 1, 1]),
        ((5_000, 7_000, 7_000, 7_000), [4, 1, 1, 1]),
    ],
)
def test_equal_haircuts_share_the_best_rank_and_the_next_follows_after_them(
    haircuts: tuple[int, ...], expected: list[int]
) -> None:
    ranks = haircut_ranks(one_share(*haircuts))
    assert list(ranks.ranks.row(0)[1:]) == expected


def test_only_a_shares_that_all_have_as_collateral_are_ranked() -> None:
    first = of("A", {"600000.SH": 7_000, "000001.SZ": 6_500, "510300.SH": 9_000, "600004.SH": None})
    second = of("B", {"600000.SH": 6_500, "510300.SH": 9_000, "600004.SH": 6_500})
    ranks = haircut_ranks([first, second])
    assert ranks.haircuts["security"].to_list() == ["600000.SH"]
    assert ranks.counts.rows() == [(1, 1, 0), (2, 0, 1)]


def test_lists_without_a_common_share_are_refused() -> None:
    with pytest.raises(DataError, match="No A share"):
        haircut_ranks([of("A", {"600000.SH": 7_000}), of("B", {"000001.SZ": 7_000})])


def test_one_list_or_one_broker_twice_is_no_comparison() -> None:
    one = of("A", {"600000.SH": 7_000})
    with pytest.raises(UsageError, match="at least 2"):
        haircut_ranks([one])
    with pytest.raises(UsageError, match="Two lists are of A"):
        haircut_ranks([one, one])


def test_two_brokers_by_hand() -> None:
    first = of("A", dict(zip(CODES, (7_000, 6_500, 4_000), strict=True)))
    second = of("B", dict(zip(CODES, (7_000, 5_000, 5_000), strict=True)))
    (row,) = equal_haircuts(haircut_ranks([first, second])).to_dicts()
    assert row == {
        "first": "A",
        "second": "B",
        "common": 3,
        "equal": 1,
        "first_stricter": 1,
        "second_stricter": 1,
        "equal_share": 1 / 3,
    }


haircuts = st.lists(
    st.lists(st.sampled_from([2_000, 5_000, 6_500, 7_000]), min_size=3, max_size=3), min_size=1, max_size=8
)


def lists_of(rows: list[list[int]]) -> list[BrokerList]:
    codes = [f"60{number:04d}.SH" for number in range(len(rows))]
    return [of(f"b{n}", {code: row[n] for code, row in zip(codes, rows, strict=True)}) for n in range(3)]


@settings(max_examples=examples(16))
@given(haircuts)
def test_every_broker_has_one_rank_for_each_share(rows: list[list[int]]) -> None:
    ranks = haircut_ranks(lists_of(rows))
    assert all(ranks.counts[broker].sum() == len(rows) for broker in ranks.brokers)
    assert all_equal(ranks) == sum(len(set(row)) == 1 for row in rows)


@settings(max_examples=examples(16))
@given(haircuts)
def test_only_the_order_of_the_haircuts_counts(rows: list[list[int]]) -> None:
    halved = [[bp // 2 for bp in row] for row in rows]
    assert haircut_ranks(lists_of(rows)).counts.equals(haircut_ranks(lists_of(halved)).counts)


@settings(max_examples=examples(16))
@given(haircuts)
def test_the_order_of_the_brokers_changes_no_number(rows: list[list[int]]) -> None:
    lists = lists_of(rows)
    one, other = haircut_ranks(lists), haircut_ranks(lists[::-1])
    assert one.counts.equals(other.counts.select(one.counts.columns))


def test_a_list_that_does_not_say_who_is_an_underlying_has_no_count_of_them() -> None:
    silent = of("A", {"600000.SH": 7_000})
    speaking = of("B", {"600000.SH": 7_000, "000001.SZ": 6_500}, financing=[True, None], short=[False, False])
    counts = pool_counts([silent, speaking])
    assert counts.filter(pl.col("broker") == "A")["financing"].to_list() == [None] * 4
    assert counts.filter(pl.col("broker") == "B").select("financing", "short", "collateral").rows() == [
        (1, 0, 1),
        (0, 0, 1),
        (0, 0, 0),
        (0, 0, 0),
    ]


def test_a_margin_ratio_says_that_a_security_may_be_traded() -> None:
    one = of("A", {"600000.SH": 7_000, "000001.SZ": 6_500}, financing_ratio_bp=[10_000, None])
    assert one.rows["financing"].to_list() == [True, False]
    assert one.rows["short"].to_list() == [None, None]


def test_a_haircut_of_zero_is_a_tier_of_its_own() -> None:
    tiers = haircut_tiers([of("A", {"600000.SH": 0, "000001.SZ": 6_500, "920001.BJ": None})])
    assert tiers.select("haircut_bp", "total").rows() == [(6_500, 1), (0, 1)]


def test_what_has_no_class_is_counted_apart() -> None:
    one = of("A", dict.fromkeys(CODES, 6_500), concentration_class=["B", "A", None])
    assert class_counts([one]).select("concentration_class", "total", "share").rows() == [
        ("A", 1, pytest.approx(1 / 3)),
        ("B", 1, pytest.approx(1 / 3)),
        (None, 1, pytest.approx(1 / 3)),
    ]


def test_classes_are_compared_only_where_a_list_gives_them() -> None:
    with pytest.raises(DataError, match="no concentration classes"):
        class_by_haircut([of("A", {"600000.SH": 7_000})])


def test_b_shares_and_funds_are_no_a_shares() -> None:
    listed = pl.DataFrame(
        {"security": ["600000.SH", "900901.SH", "200001.SZ", "510300.SH", "920001.BJ"], "collateral": [True] * 5}
    )
    pools = exchange_pools(listed).filter(pl.col("pool") == "collateral")
    assert pools.select("security_type", "SSE", "SZSE", "BSE", "total").rows() == [
        ("stock", 1, 0, 1, 2),
        ("other", 2, 1, 0, 3),
    ]


def test_six_brokers_in_perfect_order_are_shown_to_be_stricter_the_smaller_they_are() -> None:
    lent = {name: float(6 - place) for place, name in enumerate("ABCDEF")}
    mean_ranks = {name: 1.0 + place for place, name in enumerate("ABCDEF")}
    test = strictness(mean_ranks, lent=lent)
    assert test.is_shown
    assert test.association.p_value == pytest.approx(1 / 720)
    assert "Smaller brokers are stricter" in test.statement().en
    assert not strictness(mean_ranks, lent=lent, level=0.001).is_shown
    reverse = strictness({name: -rank for name, rank in mean_ranks.items()}, lent=lent)
    assert not reverse.is_shown
    assert "not shown" in reverse.statement().en


def test_a_broker_of_unknown_size_is_asked_for() -> None:
    with pytest.raises(UsageError, match="How much does B lend"):
        strictness({"A": 1.0, "B": 2.0, "C": 3.0}, lent={"A": 1.0, "C": 2.0})


def test_a_list_of_a_day_has_the_codes_of_that_day() -> None:
    frame = pl.DataFrame({"security": ["430017.BJ"], "haircut_bp": [4_000]})
    codes = [
        BrokerList.of(frame, broker="A", as_of=day).rows["security"].item()
        for day in (None, date(2025, 9, 30), date(2025, 10, 9))
    ]
    assert codes == ["430017.BJ", "430017.BJ", "920017.BJ"]
