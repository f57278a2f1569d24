"""Flows into funds: hand sums, splits, late dates, what lacks, and laws."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import MissingDataError, UsageError
from rongheng.market.indicators.contract import FUNDS, Reading
from rongheng.market.indicators.flows import flows
from rongheng.market.indicators.fund_flows import fund_flows

DAYS = [date(2025, 1, 2), date(2025, 1, 3), date(2025, 1, 6)]


def fund(
    code: str, shares: list[float | None], navs: list[float | None], *, index: str | None = "csi300", **more: object
) -> pl.DataFrame:
    """Return the rows of one fund on ``DAYS``; a session without shares has no row."""
    rows = [
        dict.fromkeys(FUNDS)
        | {"session": day, "security": code, "shares": held, "nav": nav, "index": index, "grade": "official"}
        | {"exchange": "SZSE" if code.endswith("SZ") else "SSE", "category": "broad" if index else "unmapped"}
        | {name: values[place] for name, values in more.items() if isinstance(values, list)}
        for place, (day, held, nav) in enumerate(zip(DAYS, shares, navs, strict=True))
        if held is not None
    ]
    return pl.DataFrame(rows, schema=FUNDS)


def inflows(frame: pl.DataFrame, **options: str) -> list[tuple[object, ...]]:
    """Return what each session but the first says: there no flow is known yet."""
    rows = flows(frame, **options).rows.filter(pl.col("session") > DAYS[0])
    return rows.select("session", "group", "net_inflow", "funds", "lacking").rows()


def test_inflow_is_the_change_of_shares_times_the_value_of_the_session() -> None:
    both = pl.concat([fund("510300.SH", [100, 110, 105], [4, 3.9, 3.8]), fund("510310.SH", [50, 50, 60], [1, 1, 2])])
    assert inflows(both) == [
        (DAYS[1], "csi300", 10 * 3.9, 2, 0),
        (DAYS[2], "csi300", pytest.approx(-5 * 3.8 + 10 * 2), 2, 0),
    ]


def test_a_split_is_no_inflow_where_the_index_tells_what_the_shares_were_worth() -> None:
    # Three for one on the second day while the index rose by 1 %: 100 shares became 300 at a third of 4.04.
    split = fund("510300.SH", [100, 300, 300], [4, 4.04 / 3, 1.35], index_close=[4000.0, 4040.0, 4050.0])
    rows = fund_flows(split)
    assert rows["net_inflow"].to_list()[1] == pytest.approx(0, abs=1e-9)
    assert rows["state"].to_list() == ["no_before", "split", ""]
    assert flows(split).rows["grade"].to_list() == ["derived", "estimated", "derived"]


def test_a_split_without_the_index_has_no_flow_and_says_why() -> None:
    split = fund("511280.SH", [100, 1, 1], [1.0006, 100.08, 100.1], index=None)
    rows = flows(split, by="fund").rows
    assert rows.select("net_inflow", "state", "lacking").rows()[1] == (None, "split", 1)
    assert fund_flows(split).select("net_inflow", "state").rows()[1] == (None, "split")


def test_a_real_redemption_of_most_shares_is_no_split() -> None:
    sold = fund("510300.SH", [100, 20, 20], [4, 3.9, 3.9])
    assert fund_flows(sold).select("net_inflow", "state").rows()[1] == (pytest.approx(-80 * 3.9), "")


def test_what_cannot_be_known_is_counted_and_the_rest_stands() -> None:
    whole = fund("510300.SH", [100, 110, 120], [4, 4, 4])
    without_value = fund("510310.SH", [50, 60, 70], [1, None, None])
    with_a_gap = fund("510330.SH", [10, None, 20], [1, None, 1])
    rows = inflows(pl.concat([whole, without_value, with_a_gap]))
    assert rows == [(DAYS[1], "csi300", 40.0, 1, 1), (DAYS[2], "csi300", 40.0, 1, 2)]
    states = fund_flows(pl.concat([whole, without_value, with_a_gap])).filter(pl.col("session") == DAYS[2])
    assert states["state"].to_list() == ["", "no_nav", "no_before"]


def test_shares_that_are_dated_a_session_late_are_moved_back_and_rest_on_the_later_day() -> None:
    late = fund("159919.SZ", [100, 110, 130], [4, 4, 5])
    rows = flows(late, stamp="next").rows.drop_nulls("net_inflow")
    # What is dated the 3rd was held at the close of the 2nd; what is dated the 6th at the close of the 3rd.
    assert rows.select("session", "as_of", "net_inflow").rows() == [(DAYS[1], DAYS[2], 20 * 4.0)]
    shanghai = fund("510300.SH", [100, 110, 130], [4, 4, 5])
    assert_frame_equal(flows(shanghai, stamp="next").rows, flows(shanghai).rows)


def test_groups_are_index_fund_category_and_all() -> None:
    frame = pl.concat([fund("510300.SH", [1, 2, 3], [1, 1, 1]), fund("588000.SH", [1, 3, 5], [1, 1, 1], index=None)])
    assert {row[1] for row in inflows(frame)} == {"csi300", "unmapped"}
    assert {row[1] for row in inflows(frame, by="fund")} == {"510300.SH", "588000.SH"}
    assert {row[1] for row in inflows(frame, by="category")} == {"broad", "unmapped"}
    assert inflows(frame, by="all") == [(DAYS[1], "all", 3.0, 2, 0), (DAYS[2], "all", 3.0, 2, 0)]


def long_frame(seed: int, height: int = 90) -> pl.DataFrame:
    """Return two Shanghai funds and one of Shenzhen over that many sessions."""
    dice = np.random.default_rng(seed)
    start = calendar().sessions.index(date(2024, 1, 2))
    days = calendar().sessions[start : start + height]
    index = 4000 * np.exp(np.cumsum(dice.normal(0, 0.01, height)))
    common = dice.normal(0, 0.02, height)
    parts = []
    for code in ("510300.SH", "510310.SH", "159919.SZ"):
        held = 1e9 * np.exp(np.cumsum(common + dice.normal(0, 0.002, height)))
        columns = {"session": days, "shares": held, "nav": index / 1000, "index_close": index}
        kept = pl.DataFrame(columns).filter(pl.Series(dice.random(height) > 0.02))
        parts.append(
            kept.with_columns(
                security=pl.lit(code),
                exchange=pl.lit("SZSE" if code.endswith("SZ") else "SSE"),
                index=pl.lit("csi300"),
                category=pl.lit("broad"),
                grade=pl.lit("official"),
                fund_name=pl.lit(None),
                float_cap=pl.lit(7e13),
            )
        )
    return (
        pl.concat(parts).select(pl.col(name).cast(dtype) for name, dtype in FUNDS.items()).sort("session", "security")
    )


@given(seed=st.integers(0, 1000), cut=st.integers(30, 80), by=st.sampled_from(["index", "fund", "all"]))
@settings(max_examples=10, deadline=None)
def test_a_row_does_not_change_when_later_sessions_come(seed: int, cut: int, by: str) -> None:
    assert_unchanged_when_cut(partial(flows, by=by), long_frame(seed), cut)


def assert_unchanged_when_cut(read: Callable[[pl.DataFrame], Reading], frame: pl.DataFrame, cut: int) -> None:
    session = frame["session"].unique().sort()[cut]
    part = read(frame.filter(pl.col("session") <= session)).rows
    assert_frame_equal(part, read(frame).rows.filter(pl.col("session") <= session))


def test_a_flow_that_peeks_is_caught() -> None:
    """Planted: a fund's shares before are filled from the session after where they lack."""

    def peeking(frame: pl.DataFrame) -> Reading:
        days = frame.select("session").unique().join(frame.select("security").unique(), how="cross")
        filled = days.join(frame, on=["session", "security"], how="left").sort("security", "session")
        return flows(filled.with_columns(pl.exclude("session", "security").backward_fill().over("security")))

    frame, days = long_frame(3), long_frame(3)["session"].unique().sort()
    holes = frame.filter(~((pl.col("security") == "510300.SH") & (pl.col("session") == days[40])))
    assert_unchanged_when_cut(flows, holes, 40)
    with pytest.raises(AssertionError):
        assert_unchanged_when_cut(peeking, holes, 40)


@given(seed=st.integers(0, 1000))
@settings(max_examples=6, deadline=None)
def test_funds_add_up_to_all(seed: int) -> None:
    frame = long_frame(seed)
    of_funds = flows(frame, by="fund").rows.group_by("session").agg(pl.col("net_inflow").sum()).sort("session")
    whole = flows(frame, by="all").rows.select("session", "net_inflow").drop_nulls()
    joined = whole.join(of_funds, on="session", suffix="_funds")
    assert joined.height == whole.height
    assert np.allclose(joined["net_inflow"], joined["net_inflow_funds"])


def test_the_note_says_which_date_fits_shanghai() -> None:
    frame = long_frame(4)
    (note,) = flows(frame).notes
    assert "as dated" in note.en
    assert "speak for" not in note.en
    late = frame.sort("security", "session").with_columns(
        shares=pl.when(pl.col("exchange") == "SZSE")
        .then(pl.col("shares").shift(1).over("security"))
        .otherwise("shares")
    )
    (note,) = flows(late.filter(pl.col("shares").is_not_null())).notes
    assert "speak for --stamp next" in note.en


def test_runs_and_dips_count_sessions() -> None:
    frame = long_frame(5)
    rows = flows(frame, by="index").rows.drop_nulls("net_inflow").to_dicts()
    for before, now in pairwise(rows):
        sign = 1 if now["net_inflow"] > 0 else -1
        follows = before["run"] * sign > 0
        assert now["run"] == (before["run"] + sign if follows else sign) or now["run"] == sign


def test_the_share_of_dips_counts_falls_of_sixty_sessions() -> None:
    rows = flows(long_frame(5), by="index").rows.tail(60).to_dicts()
    falls = [row for row in rows if row["net_inflow"] is not None and (row["index_change"] or 0) < 0]
    bought = [row for row in falls if row["net_inflow"] > 0]
    assert len(falls) >= 10
    assert rows[-1]["dip_share"] == pytest.approx(len(bought) / len(falls))


def test_what_cannot_be_asked_is_refused() -> None:
    frame = fund("510300.SH", [1, 2, 3], [1, 1, 1])
    with pytest.raises(UsageError, match="--by"):
        flows(frame, by="sector")
    with pytest.raises(UsageError, match="--stamp"):
        flows(frame, stamp="later")
    with pytest.raises(MissingDataError, match="shares"):
        flows(pl.DataFrame(schema=FUNDS))
