"""The frame of funds: which index each tracks when, and the real funds beside the published table."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from rongheng.market.indicators.flows import flows
from rongheng.market.series import Frames
from rongheng.market.series.funds import assemble_funds
from rongheng.market.sources import read_file
from rongheng.market.store import Lake

FUND = "510500.SH"


def test_a_fund_tracks_what_was_stated_last_up_to_the_session_and_before_that_the_first_statement() -> None:
    days = [date(2024, 12, 31), date(2025, 6, 2), date(2026, 8, 21)]
    grade = pl.lit("official")
    shares = pl.DataFrame({"as_of": days, "security": [FUND] * 3, "shares": [1.0, 2.0, 3.0]}).with_columns(grade=grade)
    tracked = pl.DataFrame(
        {
            "as_of": days[1:],
            "security": [FUND] * 2,
            "fund_name": ["中证500ETF", "500ETF"],
            "index_code": ["000905", None],
            "index_name": ["中证500", "治理指数"],
        }
    )
    values = shares.select("as_of", "security", nav="shares", grade="grade")
    closes = pl.DataFrame(schema={"as_of": pl.Date, "index": pl.String, "close": pl.Float64})
    market = pl.DataFrame(schema={"as_of": pl.Date, "market": pl.String, "float_cap": pl.Float64})
    frame = assemble_funds(shares=shares, values=values, tracked=tracked, closes=closes, market=market)
    assert frame.select("index", "category").rows() == [("csi500", "broad"), ("csi500", "broad"), ("治理指数", "other")]
    bare = assemble_funds(shares=shares, values=values, tracked=tracked.clear(), closes=closes, market=market)
    assert bare["category"].to_list() == ["unmapped"] * 3


def test_the_core_funds_give_most_of_four_rows_of_the_published_table(tmp_path: Path, shared_data: Path) -> None:
    lake = Lake(tmp_path / "lake", create=True)
    lake.land(read_file(shared_data / "etf" / "core_etf_shares_nav.json"))
    rows = flows(Frames(lake)["funds"]).rows
    # 2025-01-03: 510300 took in (907.142 − 897.107 …) — summed from the file by hand in 亿 yuan, published beside it.
    ours = {
        (row["session"], row["group"]): row["net_inflow"] / 1e8
        for row in rows.filter(pl.col("session") == date(2025, 1, 3)).to_dicts()
    }
    day = date(2025, 1, 3)
    by_hand = {"csi300": 12.645032 + 3.128954 + 6.40656 + 7.196553, "csi500": 8.932518 - 0.390024}
    by_hand |= {"csi1000": 26.469564 + 1.235736 + 6.554262, "star50": 11.434752}
    published = {"csi300": 39.51, "csi500": 13.39, "csi1000": 36.55, "star50": 16.97}
    for index, amount in by_hand.items():
        assert ours[day, index] == pytest.approx(amount, abs=1e-3)
        assert 0.5 < ours[day, index] / published[index] < 1


def test_the_core_funds_are_dated_alike_on_both_exchanges(tmp_path: Path, shared_data: Path) -> None:
    lake = Lake(tmp_path / "lake", create=True)
    lake.land(read_file(shared_data / "etf" / "core_etf_shares_nav.json"))
    frame = Frames(lake)["funds"]
    (note,) = flows(frame).notes
    assert "0.74 as dated and 0.03 moved back" in note.en
    assert "speak for" not in note.en
    (other,) = flows(frame, stamp="next").notes
    assert "speak for --stamp same" in other.en
