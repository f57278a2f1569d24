"""Financing by index: members by date, what is not known, hand sums, and nothing of later days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import pairwise

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import MissingDataError, UsageError
from rongheng.basics.ids import indices
from rongheng.market.indicators.contract import FINANCING
from rongheng.market.indicators.financing_movers import financing_movers
from rongheng.market.indicators.index_financing import index_financing
from rongheng.market.series.financing import assemble_financing, assemble_securities

DAYS = [date(2025, 1, 2), date(2025, 1, 3), date(2025, 1, 6)]
SHANGHAI, SHENZHEN = "600000.SH", "300750.SZ"
CSI300, CNI2000 = indices()["csi300"].code, indices()["cni2000"].code

# Shanghai states repayments, Shenzhen balances alone.
MARGIN = pl.DataFrame(
    [
        (DAYS[0], SHANGHAI, 1000.0, 50.0, 30.0),
        (DAYS[1], SHANGHAI, 1010.0, 40.0, 30.0),
        (DAYS[2], SHANGHAI, 990.0, 10.0, 30.0),
        (DAYS[0], SHENZHEN, 500.0, 25.0, None),
        (DAYS[1], SHENZHEN, 520.0, 60.0, None),
        (DAYS[2], SHENZHEN, 470.0, 20.0, None),
    ],
    schema=["as_of", "security", "financing_balance", "financing_buys", "financing_repaid"],
    orient="row",
).with_columns(grade=pl.lit("official"))
TRADED = MARGIN.select("as_of", "security", amount=pl.col("financing_buys") * 10)
CAPS = MARGIN.select("as_of", "security", float_cap=pl.lit(20_000.0))
BARS = pl.DataFrame(
    [(DAYS[0], CSI300, 3900.0, 3800.0, 3820.0), (DAYS[1], CSI300, 3830.0, 3760.0, 3775.0)],
    schema=["as_of", "index", "high", "low", "close"],
    orient="row",
)


def members(*lists: tuple[date, str, tuple[str, ...]]) -> pl.DataFrame:
    rows = [(day, index, security, True) for day, index, of_it in lists for security in of_it]
    schema = {"as_of": pl.Date(), "index": pl.String(), "security": pl.String(), "is_member": pl.Boolean()}
    return pl.DataFrame(rows, schema=schema, orient="row")


BOTH = members((date(2024, 12, 16), CSI300, (SHANGHAI, SHENZHEN, "600519.SH")))


def frame(lists: pl.DataFrame = BOTH, margin: pl.DataFrame = MARGIN) -> pl.DataFrame:
    return assemble_financing(
        securities=assemble_securities(margin=margin, traded=TRADED, caps=CAPS), members=lists, bars=BARS
    )


def read(lists: pl.DataFrame = BOTH, **options: str) -> list[dict[str, object]]:
    return index_financing(frame(lists), **options).rows.to_dicts()


def test_net_financing_is_what_was_bought_less_what_was_repaid_or_the_change_of_the_balance() -> None:
    (week,) = read(since="2", by="index")
    assert week["net_financing"] == (40 - 30) + (10 - 30) + (520 - 500) + (470 - 520)
    assert week["financing_balance"] == 990 + 470
    assert week["financing_to_float_cap"] == pytest.approx((990 + 470) / 40_000)
    assert week["buys_share"] == pytest.approx(0.1)
    assert (week["securities"], week["lacking"], week["since"]) == (2, 0, DAYS[0])


def test_a_first_session_without_repayments_is_left_out_and_counted() -> None:
    (row,) = read(since="3", by="index")
    assert row["net_financing"] == 20 + 10 - 20 + 20 - 50  # Shenzhen's first session has no balance before
    assert row["lacking"] == 1


def test_the_members_of_each_session_count_so_that_a_change_of_the_list_is_no_flow() -> None:
    moved = members(
        (date(2024, 12, 16), CSI300, (SHANGHAI,)),
        (DAYS[2], CSI300, (SHENZHEN,)),
    )
    (row,) = read(moved, since="2", by="index")
    assert row["net_financing"] == (40 - 30) + (470 - 520)
    assert row["financing_balance"] == 470


def test_before_its_first_list_an_index_is_not_summed_and_says_so() -> None:
    late = members((DAYS[2], CSI300, (SHANGHAI,)))
    one, two = read(late, since="1,2", by="index")
    assert (one["net_financing"], one["state"]) == (-20.0, None)
    assert (two["net_financing"], two["state"]) == (None, "members_unknown")
    whole = next(row for row in read(late, since="2", by="all"))
    assert whole["net_financing"] == -40.0


def test_no_index_stands_in_for_another() -> None:
    rows = read(members((date(2024, 12, 16), CNI2000, (SHENZHEN,))), since="1", by="index")
    assert [row["group"] for row in rows] == ["cni2000"]


def test_a_later_window_is_held_against_the_first_and_the_fall_is_from_the_windows_high() -> None:
    two, one = read(since="2025-01-02,1", by="index")
    assert (two["net_financing"], one["net_financing"]) == (-40.0, -70.0)
    assert (two["share_of_first"], one["share_of_first"]) == (1.0, 1.75)
    # Only 2025-01-03 has a bar after 2025-01-02: from its high of 3830 to its low of 3760.
    assert two["stage_fall"] == pytest.approx(3760 / 3830 - 1)
    assert one["stage_high"] is None


def test_a_session_that_is_missing_leaves_the_sum_open() -> None:
    holes = MARGIN.filter(pl.col("as_of") != DAYS[1])
    rows = index_financing(frame(margin=holes), since="2", by="all").rows
    assert rows.select("net_financing", "state").row(0) == (None, "sessions_missing")


def test_boards_add_up_to_all() -> None:
    rows = index_financing(frame(), since="2").rows
    boards = rows.filter(pl.col("group_kind") == "board")["net_financing"].sum()
    assert boards == rows.filter(pl.col("group_kind") == "all")["net_financing"].item()


def test_a_row_does_not_change_when_later_sessions_come() -> None:
    for cut in DAYS[:2]:
        assert_unchanged_when_cut(frame, cut)


def assert_unchanged_when_cut(assemble: Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame], cut: date) -> None:
    moved = pl.concat([BOTH, members((DAYS[2], CSI300, (SHENZHEN,)))])
    lists, margin = (table.filter(pl.col("as_of") <= cut) for table in (moved, MARGIN))
    assert_frame_equal(assemble(lists, margin), assemble(moved, MARGIN).filter(pl.col("session") <= cut))


def test_a_sum_that_peeks_is_caught() -> None:
    """Planted: the newest list of members is taken for the sessions before it, as a list of today would be."""

    def peeking(lists: pl.DataFrame, margin: pl.DataFrame) -> pl.DataFrame:
        newest = lists.filter(pl.col("as_of") == lists["as_of"].max())
        return frame(newest.with_columns(as_of=date(2024, 12, 16)), margin)

    with pytest.raises(AssertionError, match="financing_balance"):
        assert_unchanged_when_cut(peeking, DAYS[1])


def test_the_largest_movers_stand_at_either_end() -> None:
    securities = assemble_securities(margin=MARGIN, traded=TRADED, caps=CAPS)
    rows = financing_movers(securities, window=2, top=1).rows.to_dicts()
    assert [(row["security"], row["net_financing"]) for row in rows] == [(SHENZHEN, -30.0)]
    rows = financing_movers(securities, window=1).rows.to_dicts()
    assert [(row["security"], row["net_financing"]) for row in rows] == [(SHANGHAI, -20.0), (SHENZHEN, -50.0)]
    assert rows[1]["share_of_before"] == pytest.approx(-50 / 520)


def test_what_cannot_be_asked_is_refused() -> None:
    for since, says in (("soon", "soon"), ("2025-01-06", "before its last session"), ("0", "'0'")):
        with pytest.raises(UsageError, match=says):
            index_financing(frame(), since=since)
    with pytest.raises(UsageError, match="--by"):
        index_financing(frame(), by="sector")
    with pytest.raises(UsageError, match="--window"):
        financing_movers(assemble_securities(margin=MARGIN, traded=TRADED, caps=CAPS), window=0)
    with pytest.raises(MissingDataError, match="financing_balance"):
        index_financing(pl.DataFrame(schema=FINANCING))


def test_the_days_of_these_tests_follow_one_another() -> None:
    assert all(calendar().offset(before, 1) == after for before, after in pairwise(DAYS))
