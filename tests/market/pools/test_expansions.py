"""Expansions of the pool as a reader of some day knew them."""

from __future__ import annotations

from datetime import date

from rongheng.market.pools.expansions import pool_expansions


def test_an_expansion_that_was_announced_later_is_not_known() -> None:
    # Published: 1600 since 2019-08-19, 2200 since 2022-10-24.
    assert pool_expansions(known_at=date(2022, 9, 30))["total"].to_list()[-1] == 1_600
    assert pool_expansions()["total"].to_list()[-1] == 2_200
