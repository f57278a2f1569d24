"""An inventory followed along a panel: what waits by hand, since when it is judged, and nothing of later days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import MissingDataError
from rongheng.basics.text import Text
from rongheng.market.derivatives.snowball import Inventory, illustrative_inventory, knock_in_map
from rongheng.market.indicators.contract import FUTURES
from rongheng.market.indicators.snowballs import snowballs
from rongheng.market.series import snowballs as of_series
from rongheng.market.series.snowballs import assemble_snowballs, market_on, snowball_day
from tests.market.derivatives.snowball.worlds import contracts
from tests.market.indicators.panels import make_panel

FIRST = date(2023, 6, 1)
STATED = date(2023, 10, 9)
LEAD = calendar().count_between(FIRST, STATED)


def panel_of(closes: list[float], *, seed: int = 1) -> pl.DataFrame:
    """Return a panel whose closes wander about 100 before the inventory is stated, and then are those given."""
    before = 100 * np.exp(np.random.default_rng(seed).normal(0, 0.01, LEAD))
    return make_panel({"csi500_close": [*before.tolist(), *closes]}, first=FIRST)


def futures_of(panel: pl.DataFrame, *, lots: int = 10) -> pl.DataFrame:
    rows = panel.select("session", index_close="csi500_close").with_columns(
        contract=pl.lit("IC2412"),
        product=pl.lit("IC"),
        index=pl.lit("csi500"),
        last_trading_day=date(2024, 12, 20),
        close=pl.col("index_close") * 0.98,
        volume_lots=lots,
        grade=pl.lit("official"),
    )
    blank = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in FUTURES.items() if name not in rows.columns]
    return rows.with_columns(blank).select(pl.col(name).cast(dtype) for name, dtype in FUTURES.items())


def inventory(*changed: dict[str, object], known: date = STATED) -> Inventory:
    return Inventory(Text("清单", "the inventory"), contracts(*changed), stated=STATED, known=known)


TWO = inventory({"contract_id": "a"}, {"contract_id": "b", "knock_in_bp": 9_500, "notional_milli": 20_000_000_000})


def test_what_waits_is_near_and_has_knocked_in_is_that_of_the_closes() -> None:
    # Lines at 75 and 95. From 99, the fall to 95 is 4.04 %; 95 itself is no knock-in; 94.99 is one.
    panel = panel_of([100.0, 99.0, 95.0, 94.99, 100.0])
    rows = assemble_snowballs(TWO, panel=panel, futures=futures_of(panel)).rows(named=True)
    assert [row["waiting_yuan"] for row in rows] == [3e7, 3e7, 3e7, 1e7, 1e7]
    assert [row["knocked_yuan"] for row in rows] == [0.0, 0.0, 0.0, 2e7, 2e7]
    assert [row["fell_yuan"] for row in rows] == [0.0, 0.0, 0.0, 2e7, 0.0]
    assert [row["near_yuan"] for row in rows] == [0.0, 2e7, 2e7, 0.0, 0.0]
    assert rows[1]["nearest"] == pytest.approx(4 / 99)
    assert {row["grade"] for row in rows} == {"estimated"}
    assert rows[1]["near_futures"] > 0 == rows[0]["near_futures"]


def test_a_share_of_volume_is_null_without_volume_and_zero_where_nothing_is_near() -> None:
    panel = panel_of([100.0, 99.0])
    told = snowballs(assemble_snowballs(TWO, panel=panel, futures=futures_of(panel, lots=500))).rows
    assert told["of_volume"][1] == pytest.approx(told["near_futures"][1] / 500)
    assert snowballs(assemble_snowballs(TWO, panel=panel, futures=None)).rows["of_volume"].to_list() == [0.0, None]


def test_no_session_is_judged_before_the_inventory_was_known() -> None:
    days = calendar().between(STATED, date(2023, 10, 13))
    panel = panel_of([100.0] * len(days))
    late = replace(TWO, known=days[2])
    assert assemble_snowballs(late, panel=panel, futures=None)["session"].to_list() == list(days[2:])
    assert snowball_day(replace(TWO, known=date(2023, 10, 16)), panel=panel, futures=None) is None
    with pytest.raises(MissingDataError, match="snowballs needs waiting_yuan"):
        snowballs(assemble_snowballs(replace(TWO, known=date(2023, 10, 16)), panel=panel, futures=None))


def test_the_ladder_is_known_once_its_last_fact_was_out() -> None:
    ladder = illustrative_inventory()
    assert (ladder.stated, ladder.known) == (date(2023, 12, 29), date(2024, 1, 23))


def test_an_index_without_a_close_on_the_stated_session_stays_out() -> None:
    panel = panel_of([100.0, 99.0]).with_columns(csi500_close=pl.when(pl.col("session") != STATED).then("csi500_close"))
    assert assemble_snowballs(TWO, panel=panel, futures=None).is_empty()


def test_the_day_maps_what_is_alive_at_its_own_close() -> None:
    panel = panel_of([100.0, 99.0, 94.0])
    day = snowball_day(TWO, panel=panel, futures=futures_of(panel))
    assert day is not None
    assert dict(day.contracts.select("contract_id", "knocked_in").rows()) == {"a": False, "b": True}
    assert day.market.indices["csi500"].spot == 94.0
    assert_frame_equal(day.bands, knock_in_map(day.contracts, day.market))
    assert day.totals["contracts"].to_list() == [2]


def test_volatility_never_makes_variance_fall_from_one_tenor_to_the_next() -> None:
    wild = [100.0 * 1.02 ** (-1) ** place for place in range(61)]
    panel = make_panel({"csi500_close": [100.0] * 200 + wild}, first=FIRST)
    index = market_on(panel["session"][-1], panel=panel, futures=None, names=["csi500"]).indices["csi500"]
    assert index.volatility[60.0] > index.volatility[243.0]


Followed = Callable[..., pl.DataFrame]


def assert_unchanged_when_cut(follow: Followed, panel: pl.DataFrame, cut: int) -> None:
    session, futures = panel["session"][cut - 1], futures_of(panel)
    whole = follow(TWO, panel=panel, futures=futures).filter(pl.col("session") <= session)
    early = futures.filter(pl.col("session") <= session)
    assert_frame_equal(follow(TWO, panel=panel.head(cut), futures=early), whole, rel_tol=1e-12)


@given(seed=st.integers(0, 1000), cut=st.integers(LEAD + 1, LEAD + 24))
@settings(max_examples=5, deadline=None)
def test_a_row_does_not_change_when_later_sessions_come(seed: int, cut: int) -> None:
    walk = 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(-0.002, 0.01, 25)))
    assert_unchanged_when_cut(assemble_snowballs, panel_of(walk.tolist(), seed=seed), cut)


def test_a_replay_that_peeks_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: volatility and carry are taken from the panel's last session, and not from the session valued."""

    def peeking(session: date, *, panel: pl.DataFrame, futures: pl.DataFrame | None, names: list[str]) -> object:
        late = market_on(panel["session"][-1], panel=panel, futures=futures, names=names)
        return replace(late, session=session)

    panel = panel_of([100.0, 99.0, 98.0, 97.0, 99.0, 98.0])
    assert_unchanged_when_cut(assemble_snowballs, panel, LEAD + 3)
    monkeypatch.setattr(of_series, "market_on", peeking)
    with pytest.raises(AssertionError, match="near_futures"):
        assert_unchanged_when_cut(assemble_snowballs, panel, LEAD + 3)
