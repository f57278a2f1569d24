"""The frame of index futures: beside their index, with dividends of earlier years, and nothing of later days."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from rongheng.basics.errors import MissingDataError, StaleDataError
from rongheng.basics.futures import last_trading_day
from rongheng.basics.ids import indices
from rongheng.market.indicators.basis import basis
from rongheng.market.indicators.dividends import dividends
from rongheng.market.series import Frames
from rongheng.market.series.futures import assemble_futures
from rongheng.market.sources import read_file
from rongheng.market.store import Lake

CODE, WHOLE = indices()["csi1000"].code, indices()["csi1000-tr"].code


def closes(rows: list[tuple[date, str, float]]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=["as_of", "index", "close"], orient="row")
    return frame.with_columns(grade=pl.lit("official"))


def bars(*rows: tuple[date, str, float]) -> pl.DataFrame:
    schema = {"as_of": pl.Date(), "contract": pl.String(), "close": pl.Float64()}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.with_columns(
        open_interest_lots=pl.lit(10, pl.Int64), volume_lots=pl.lit(5, pl.Int64), grade=pl.lit("official")
    )


# A dividend of 1 % goes ex on 3 June of each year: the total return goes ahead of the price by that on that day.
JUNES = [
    (day, code, level)
    for year, total in ((2022, 100.0), (2023, 101.0), (2024, 102.01))
    for day, ahead in ((date(year, 6, 1), 1.0), (date(year, 6, 3), 1.01), (date(year, 12, 30), 1.01))
    for code, level in ((CODE, 100.0), (WHOLE, total * ahead))
]


def test_dividends_of_the_same_days_of_earlier_years_are_expected() -> None:
    frame = assemble_futures(
        bars=bars((date(2025, 5, 20), "IM2506", 99.0)), closes=closes([*JUNES, (date(2025, 5, 20), CODE, 100.0)])
    )
    assert frame["dividends_expected"].to_list() == [pytest.approx(0.01)]
    assert frame["dividends_realised"].to_list() == [None]  # the contract is not over
    assert frame["last_trading_day"].to_list() == [date(2025, 6, 20)]


def test_realised_dividends_are_known_once_the_contract_is_over() -> None:
    over = assemble_futures(bars=bars((date(2024, 6, 1), "IM2406", 99.0)), closes=closes(JUNES))
    assert over["dividends_realised"].to_list() == [pytest.approx(0.01)]


def test_no_expectation_looks_at_a_day_after_its_session() -> None:
    """A contract of more than a year would reach past the session in the year before: that year is left out."""
    days = pl.Series([date(2023, 1, 2), date(2024, 1, 2), date(2025, 1, 2)])
    known = dividends(days, np.array([100.0, 100.0, 100.0]), np.array([100.0, 110.0, 121.0]))
    far = pl.Series([date(2024, 1, 2)]), pl.Series([date(2025, 6, 1)])
    assert np.isnan(known.expected(*far)).all()


def test_a_product_without_its_index_has_a_row_without_a_level() -> None:
    frame = assemble_futures(bars=bars((date(2024, 6, 3), "IH2406", 2500.0)), closes=closes(JUNES))
    assert frame.select("index", "index_close", "dividends_expected").row(0) == ("sse50", None, None)


def test_a_lake_without_futures_says_so(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake", create=True)
    with pytest.raises(MissingDataError, match="futures_bars"):
        Frames(lake)["futures"]


def real_lake(folder: Path, shared: Path) -> Lake:
    lake = Lake(folder / "lake", create=True)
    files = [shared / "futures" / "cffex_futures_daily.db"]
    files += [shared / "index" / f"{name}.csv" for name in ("sh000300", "sh000905", "sh000852")]
    files += [shared / "index" / f"{name}.csv" for name in ("h00300", "h00905", "h00852")]
    for file in files:
        lake.land(read_file(file))
    return lake


def test_the_real_futures_end_when_the_rule_says_and_tell_of_january_2025(tmp_path: Path, shared_data: Path) -> None:
    lake = real_lake(tmp_path, shared_data)
    frame = Frames(lake)["futures"]
    ends = frame.group_by("contract").agg(pl.col("session").max())
    over = ends.filter(pl.col("session") < frame["session"].max())
    assert over.height == 293
    assert all(last_trading_day(contract) == day for contract, day in over.iter_rows())
    # 2025-01-03: IM2501 closed at 5,625.0 and CSI 1000 at 5,625.209; on 2025-01-06 at 5,597.2 and 5,608.034.
    rows = basis(frame, product="IM").rows
    read = {row["session"]: row for row in rows.to_dicts()}
    friday, monday = read[date(2025, 1, 3)], read[date(2025, 1, 6)]
    assert friday["near_basis_points"] == pytest.approx(-0.209, abs=1e-3)
    assert monday["near_basis_points"] == pytest.approx(-10.834, abs=1e-3)
    assert (friday["move"], monday["move"]) == ("narrowed", "widened")
    # February 2024, when the market was rescued: from the widest discount on record to none within a day.
    assert (read[date(2024, 2, 5)]["move"], read[date(2024, 2, 6)]["move"]) == ("widened_markedly", "narrowed_markedly")
    assert read[date(2024, 2, 5)]["percentile"] == 1.0
    with pytest.raises(StaleDataError, match="2025-12-31"):
        Frames(lake, as_of=date(2026, 1, 15))["futures"]
    # What stood on a session in the past is what a reader of that session sees.
    then = Frames(lake, as_of=date(2025, 1, 6))["futures"]
    assert_frame_equal(basis(then, product="IM").rows, rows.filter(pl.col("session") <= date(2025, 1, 6)))
