"""Lists with the counts of the published tables give those tables back, number for number."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from rongheng.market.pools.caps import haircut_caps
from rongheng.market.pools.class_by_haircut import class_by_haircut
from rongheng.market.pools.counts import class_counts, exchange_pools, haircut_tiers, pool_counts
from rongheng.market.pools.expansions import pool_expansions
from rongheng.market.pools.haircut_ranks import all_equal, equal_haircuts, haircut_ranks
from rongheng.market.pools.list_check import check_list
from rongheng.market.pools.strictness import strictness
from tests.market.pools.published_world import (
    DAY,
    GROUPS,
    SIX,
    exchange_frame,
    lists,
    published_table,
    securities_frame,
)

TWO = ("中信证券", "中信建投")
THREE = (*TWO, "中金公司")


def test_the_exchanges_pools_are_those_of_table_3() -> None:
    counted = exchange_pools(exchange_frame()).to_dicts()
    printed = published_table("c03")
    assert [{name: str(value) for name, value in row.items()} for row in counted] == printed


def test_the_brokers_pools_are_those_of_table_4() -> None:
    counted = {
        (row["broker"], GROUPS[row["group"]]): [row["financing"], row["short"], row["collateral"]]
        for row in pool_counts(lists(*THREE)).to_dicts()
    }
    for row in published_table("c04"):
        printed = [int(row[name]) for name in ("financing_underlying", "short_underlying", "collateral")]
        assert counted.pop((row["broker"], row["security_type"])) == printed, row
    assert not counted


def test_the_tiers_of_haircuts_are_those_of_table_8() -> None:
    counted = haircut_tiers(lists("中信证券", "中信建投", "中金公司"))
    got = [
        (row["broker"], row["haircut_bp"], *(row[group] for group in GROUPS)) for row in counted.iter_rows(named=True)
    ]
    printed = [
        (row["broker"], round(float(row["haircut"]) * 10_000), *(int(row[name]) for name in GROUPS.values()))
        for row in published_table("c08")
    ]
    assert got == printed


def test_the_concentration_classes_are_those_of_table_11() -> None:
    counted = class_counts(lists(*TWO))
    for row, printed in zip(counted.iter_rows(named=True), published_table("c11"), strict=True):
        assert [row["broker"], row["concentration_class"]] == [printed["broker"], printed["class"]]
        assert [row[group] for group in GROUPS] == [int(printed[name]) for name in GROUPS.values()]
        assert row["total"] == int(printed["total"])
        assert f"{row['share'] * 100:.1f}" == printed["share_pct"]


def test_class_by_haircut_is_table_13_with_its_empty_cells() -> None:
    got = [
        (one.broker, row["concentration_class"], row["haircut_bp"], row["count"])
        for one in class_by_haircut(lists(*TWO))
        for row in one.rows.iter_rows(named=True)
    ]
    printed = [
        (row["broker"], row["class"], round(float(row["haircut"]) * 10_000), int(row["count"]))
        for row in published_table("c13")
    ]
    assert got == printed


def test_the_ranks_of_six_brokers_are_those_of_table_14() -> None:
    ranks = haircut_ranks(lists(*SIX))
    printed = [row for row in published_table("c14") if row["rank"].isdigit()]
    assert ranks.counts.to_dicts() == [{name: int(value) for name, value in row.items()} for row in printed]
    assert ranks.count == sum(int(row["中信证券"]) for row in printed) == 3763
    # The report's 253 shares with equal haircuts, read as those on which all six agree (国金 has but 494 first ranks).
    assert all_equal(ranks) == 253


def first_ranks(printed: list[dict[str, str]]) -> int:
    return sum(int(printed[0][broker]) for broker in SIX)


def test_no_other_way_with_ties_can_have_given_table_14() -> None:
    printed = [row for row in published_table("c14") if row["rank"].isdigit()]
    rows = [sum(int(row[broker]) for broker in SIX) for row in printed]
    common = sum(int(row[SIX[0]]) for row in printed)
    # Ties broken by some order, or given their worst or their mean rank: at most one first rank for each share.
    assert rows[0] > common
    # Dense ranks (1, 1, 2): a sixth rank takes six different haircuts, and leaves that share one first rank.
    assert rows[0] > rows[5] * 1 + (common - rows[5]) * 6
    # The best rank, and the next after as many as share it (1, 1, 3): at least k ranks up to k for each share.
    assert all(sum(rows[:k]) >= k * common for k in range(1, 7))


def test_rank_1_is_the_highest_haircut() -> None:
    """Table 8 counts 2,568 shares at 65 or 70 % with 中信, near its 2,556 first ranks: the caps leave little above."""
    ranks = haircut_ranks(lists("中信证券", "中金公司"))
    higher = ranks.haircuts.filter(pl.col("中信证券") > pl.col("中金公司"))["security"]
    assert set(ranks.ranks.filter(pl.col("security").is_in(higher.implode()))["中信证券"]) == {1}


def test_two_brokers_agree_share_by_share_or_one_is_stricter() -> None:
    ranks = haircut_ranks(lists(*SIX))
    pairs = equal_haircuts(ranks)
    assert pairs.height == 15
    summed = pairs["equal"] + pairs["first_stricter"] + pairs["second_stricter"]
    assert set(summed) == {3763}
    assert (pairs["equal"] >= 253).all()


def test_the_published_ranks_do_not_show_that_smaller_brokers_are_stricter() -> None:
    """By hand, from table 14: mean ranks 2.384, 1.628, 1.786, 1.994, 4.174, 2.913 from the largest broker on.

    Of the 15 pairs 11 go with size and 4 against it, so tau = 7/15. Of the 720 orders of six, 1 + 5 + 14 + 29 + 49 = 98
    have at most four inversions.
    """
    printed = published_table("c14")
    lent = {broker: float(printed[-1][broker]) for broker in SIX}
    ranked = [row for row in printed if row["rank"].isdigit()]
    means = {broker: sum(int(row["rank"]) * int(row[broker]) for row in ranked) / 3763 for broker in SIX}
    assert [round(means[broker], 3) for broker in SIX] == [2.384, 1.628, 1.786, 1.994, 4.174, 2.913]
    test = strictness(means, lent=lent)
    assert test.association.tau == pytest.approx(7 / 15)
    assert test.association.p_value == pytest.approx(98 / 720)
    assert not test.is_shown
    ranks = haircut_ranks(lists(*SIX))
    assert {broker: ranks.mean_rank(broker) for broker in SIX} == pytest.approx(means)


def test_expansions_in_the_rulebook_are_table_16() -> None:
    rows = pool_expansions()
    assert rows.row(0)[:4] == (date(2010, 3, 31), None, None, 90)
    got = [tuple(str(value) for value in row[:4]) for row in rows.rows()[1:]]
    assert got == [(row["date"], row["SSE"], row["SZSE"], row["total"]) for row in published_table("c16")]


def test_the_made_up_lists_keep_to_every_rule_of_the_exchange() -> None:
    """No published haircut is above its cap; the world could not have been made otherwise."""
    caps = haircut_caps(securities_frame(), session=DAY)
    for one in lists(*SIX):
        check = check_list(one, session=DAY, caps=caps, exchange=exchange_frame())
        assert check.breaches.is_empty(), check.breaches
        assert not check.notes
