"""The largest rises and falls: one per episode, with the changes that the published table prints."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import MissingDataError, UsageError
from rongheng.market.indicators.extremes import INDICATOR, episodes, extremes
from tests.market.indicators.panels import make_panel, real_panel

FIRST = date(2021, 1, 4)


def session(position: int) -> date:
    return calendar().offset(FIRST, position)


def panel_of(closes: Sequence[float | None], **columns: Sequence[float | None]) -> pl.DataFrame:
    """Return a panel with these closes of CSI All Share, and any further columns."""
    return make_panel({"csi_all_close": closes, **columns}, first=FIRST)


def rows_of(panel: pl.DataFrame, **options: Any) -> list[tuple[object, ...]]:
    return extremes(panel, **options).rows.select("direction", "rank", "session", "change").rows()


def test_a_change_runs_from_the_close_k_sessions_earlier() -> None:
    panel = panel_of([100.0, 104.0, 102.0, 110.0], maintenance_ratio=[2.0, 2.0, 2.1, 2.2])
    row = extremes(panel, windows="3", count=1).rows.row(0, named=True)
    assert (row["start_session"], row["session"], row["window_sessions"]) == (session(0), session(3), 3)
    assert row["change"] == pytest.approx(0.10)
    assert row["csi_all_change"] == row["change"]
    assert row["ratio_change"] == pytest.approx(0.10)


def test_windows_that_are_too_close_are_one_episode() -> None:
    # One-day rises of 5 % (to session 1), 4 % (3) and 3 % (6); every other session stands still.
    closes = np.cumprod([100, 1.05, 1, 1.04, 1, 1, 1.03, 1]).tolist()
    rises = [row for row in rows_of(panel_of(closes), windows="1", apart=0) if row[0] == "rise"]
    assert [(rank, day) for _, rank, day, _ in rises] == [(1, session(1)), (2, session(3)), (3, session(6))]
    # Between the windows 0–1 and 2–3 lies no session, between 0–1 and 5–6 lie three.
    rises = [row for row in rows_of(panel_of(closes), windows="1", apart=3) if row[0] == "rise"]
    assert [(rank, day) for _, rank, day, _ in rises] == [(1, session(1)), (2, session(6))]


def test_windows_that_share_a_session_are_never_two_episodes() -> None:
    closes = np.cumprod([100, 1.05, 1.04]).tolist()  # windows 0–1 and 1–2 share session 1
    assert [row[2] for row in rows_of(panel_of(closes), windows="1", apart=0)] == [session(1)]


def test_a_rise_and_a_fall_do_not_exclude_each_other() -> None:
    assert [row[:3] for row in rows_of(panel_of([100.0, 110.0, 99.0]), windows="1")] == [
        ("rise", 1, session(1)),
        ("fall", 1, session(2)),
    ]


def test_a_series_that_only_rises_has_no_falls() -> None:
    assert {row[0] for row in rows_of(panel_of([100.0, 101.0, 102.0]), windows="1", apart=0)} == {"rise"}


def test_a_window_without_a_figure_at_one_end_is_not_ranked() -> None:
    panel = panel_of([100.0, None, 150.0, 151.0])
    assert [row[2] for row in rows_of(panel, windows="1")] == [session(3)]


def test_the_ratio_may_be_blank_where_the_index_is_not() -> None:
    panel = panel_of([100.0, 110.0], maintenance_ratio=[None, 2.2])
    reading = extremes(panel, windows="1")
    assert reading.rows["ratio_change"].to_list() == [None]
    assert "1 sessions" in reading.notes[0].en


def test_the_ratio_itself_can_be_ranked() -> None:
    panel = panel_of([100.0, 90.0, 99.0], maintenance_ratio=[2.0, 2.2, 2.2])
    assert rows_of(panel, by="ratio", windows="1") == [("rise", 1, session(1), pytest.approx(0.1))]


def test_since_leaves_out_windows_that_begin_earlier() -> None:
    panel = panel_of([100.0, 120.0, 121.0, 122.0])
    rows = rows_of(panel, windows="1", since=session(1), apart=0)
    assert [row[2] for row in rows] == [session(2)]


def test_a_simulated_end_grades_the_row() -> None:
    grades = ["simulated", "official", "official"]
    panel = make_panel({"csi_all_close": [100.0, 101.0, 110.0], "csi_all_grade": grades}, first=FIRST)
    graded = dict(extremes(panel, windows="1", apart=0, count=1).rows.select("session", "grade").rows())
    assert graded == {session(2): "derived"}  # a change is arithmetic, however official its ends
    graded = dict(extremes(panel, windows="2", apart=0, count=1).rows.select("session", "grade").rows())
    assert graded == {session(2): "simulated"}


@pytest.mark.parametrize(
    "options", [{"windows": "3;7"}, {"windows": "0"}, {"windows": ""}, {"count": 0}, {"apart": -1}, {"by": "nasdaq"}]
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        extremes(panel_of([100.0, 101.0]), **options)


def test_a_series_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(MissingDataError, match=r"csi300_close.*choose --by from: csi-all"):
        extremes(panel_of([100.0, 101.0]), by="csi300")


def test_only_indices_that_are_there_have_a_column() -> None:
    shown = {figure.name for figure in extremes(panel_of([100.0, 101.0])).indicator.figures}
    assert "csi_all_change" in shown
    assert "csi300_change" not in shown
    assert "csi300_change" in {figure.name for figure in INDICATOR.figures}


@given(
    st.lists(st.integers(-9, 9), max_size=40),
    st.integers(1, 4),
    st.integers(0, 6),
    st.integers(1, 6),
)
def test_what_is_passed_over_is_near_something_at_least_as_large(
    percents: list[int], window: int, apart: int, count: int
) -> None:
    changes = np.array(percents, dtype=np.float64)
    taken = episodes(changes, window=window, apart=apart, count=count)

    def one_episode(one: int, other: int) -> bool:
        return abs(one - other) <= window + apart

    assert not any(one_episode(one, other) for n, one in enumerate(taken) for other in taken[:n])
    passed_over = [n for n in range(len(percents)) if percents[n] > 0 and n not in taken]
    for position in passed_over:
        by_a_larger = any(one_episode(position, other) and changes[other] >= changes[position] for other in taken)
        full = len(taken) == count and changes[position] <= changes[taken[-1]]
        assert by_a_larger or full


@given(st.lists(st.integers(50, 150), min_size=2, max_size=30), st.floats(1e-3, 1e3))
def test_the_level_of_the_series_does_not_matter(closes: list[int], factor: float) -> None:
    # A factor can only reorder changes that are equal up to rounding, so the changes themselves are compared.
    plain = rows_of(panel_of([float(close) for close in closes]), windows="1,2", apart=1)
    scaled = rows_of(panel_of([close * factor for close in closes]), windows="1,2", apart=1)
    assert [row[0] for row in scaled[:1]] == [row[0] for row in plain[:1]]
    assert [row[3] for row in scaled[:1]] == pytest.approx([row[3] for row in plain[:1]])


# Changes over 7 sessions as a report of 2025-03-28 prints them, in percent: the ratio, then CSI 300, SSE Composite,
# CSI 500, CSI 1000. (It ranks by Wind All A, which is not public, and prints 2024-02-22 and 02-23 as two episodes.)
PUBLISHED = {
    date(2024, 10, 8): (28.2, 33.0, 27.5, 36.8, 39.0),
    date(2020, 7, 9): (8.7, 16.3, 15.6, 14.1, 13.7),
    date(2024, 2, 22): (14.5, 8.9, 10.6, 16.1, 20.0),
    date(2019, 2, 26): (9.6, 10.4, 9.7, 11.9, 11.5),
    date(2022, 4, 26): (-9.5, -9.7, -10.1, -13.8, -16.1),
    date(2024, 2, 5): (-9.3, -4.3, -7.0, -12.1, -19.2),
    date(2019, 5, 6): (-10.7, -8.5, -9.6, -14.2, -15.3),
    date(2020, 2, 3): (-10.1, -11.5, -11.1, -11.2, -12.1),
}


@pytest.fixture(scope="module")
def since_2019(shared_data: Path) -> dict[date, dict[str, Any]]:
    reading = extremes(real_panel(shared_data), windows="7", count=5, since=date(2018, 10, 1))
    return {row["session"]: row for row in reading.rows.iter_rows(named=True)}


@pytest.mark.parametrize("day", PUBLISHED)
def test_the_published_extremes_are_among_the_largest_with_their_printed_changes(
    since_2019: dict[date, dict[str, Any]], day: date
) -> None:
    row = since_2019[day]
    names = ("ratio_change", "csi300_change", "sse_change", "csi500_change", "csi1000_change")
    printed = [round(100 * row[name], 1) for name in names]
    assert printed == pytest.approx(PUBLISHED[day], abs=0.051)


def test_the_largest_rise_is_that_of_the_published_report(since_2019: dict[date, dict[str, Any]]) -> None:
    largest = [day for day, row in since_2019.items() if row["rank"] == 1]
    assert largest == [date(2024, 10, 8), date(2022, 4, 26)]
    # Wind All A +35.3 and −12.2 %: CSI All Share stands in for it.
    assert since_2019[date(2024, 10, 8)]["change"] == pytest.approx(0.353, abs=0.003)
    assert since_2019[date(2022, 4, 26)]["change"] == pytest.approx(-0.122, abs=0.003)
