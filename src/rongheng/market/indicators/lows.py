"""Lows of the market's average maintenance ratio (平均维持担保比例), and the lows of the indices beside them.

What lives here: the rule that calls a low (:func:`find_lows`, which other indicators reuse), and the table that sets
each low beside the nearest and the later low of every index. What does not: what an index did after a low was confirmed
(``record``), and what happened to the collateral on the way down (``collateral``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from rongheng.basics.errors import UsageError
from rongheng.basics.ids import Index
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.indicators.bottoms import Closes, later_bottom, lowest_near
from rongheng.market.indicators.contract import Figure, Indicator, Reading, as_of, indices_in, require
from rongheng.market.indicators.row_schema import row_schema
from rongheng.market.indicators.spans import worst_in_span

PROMINENCE = 0.10  # the roundest number; not tuned to any list of lows

# A ratio that stands exactly on the threshold has reached it, however its binary fraction was rounded.
_ROUNDING = 1e-12

_LOWS_SCHEMA: dict[str, pl.DataType] = {
    "session": pl.Date(),
    "ratio": pl.Float64(),
    "prominence": pl.Float64(),
    "confirmed": pl.Date(),
    "peak_session": pl.Date(),
}


def find_lows(
    panel: pl.DataFrame, *, prominence: float = PROMINENCE, column: str = "maintenance_ratio"
) -> pl.DataFrame:
    """Return the confirmed lows of the maintenance ratio, each with the session on which it could first be called.

    A session's ratio L is a low when the ratio stood at L·(1 + ``prominence``) or higher both before and after it,
    with no value below L in between; of equal values that no such rise parts, the first is the low. A low that the
    ratio has not yet risen from is not returned: nobody can call a low on its day.

    Parameters
    ----------
    panel : frame with ``session`` and ``column``, one row per session, ascending
        Sessions without a value are passed over.
    prominence : float, a fraction of the low's own level, above 0
        0.10 asks for a tenth of the low's level on both sides, whether the ratio stands at 210 % or at 290 %.
    column : str
        The series whose lows are meant; any series of positive numbers, such as an index's closes.

    Returns
    -------
    One row per low, ascending:
    ``session``; ``ratio`` (the value there); ``prominence`` = min(highest before, highest after) / L − 1, each side
    reaching to the nearest lower (before: lower or equal) value or to the panel's end, as seen on the panel's last
    session; ``confirmed`` = the first later session with a value of L·(1 + prominence) or more; ``peak_session`` = the
    session of the highest value since the previous low (the last of equal ones).
    With later data only the figure ``prominence`` can change (it may grow): the same lows stay, and new ones come
    after them.

    Raises
    ------
    UsageError : ``prominence`` is not above 0.

    Source
    ------
    Topographic prominence, taken relative to the low's level.

    Examples
    --------
    >>> from datetime import date, timedelta
    >>> days = [date(2024, 1, 1) + timedelta(n) for n in range(5)]
    >>> panel = pl.DataFrame({"session": days, "maintenance_ratio": [2.4, 2.0, 2.1, 2.2, 2.3]})
    >>> find_lows(panel).rows()  # 2.2 is a tenth above 2.0; the lower side rises to 2.3, 15 % above
    [(datetime.date(2024, 1, 2), 2.0, 0.15, datetime.date(2024, 1, 4), datetime.date(2024, 1, 1))]
    """
    if not prominence > 0:
        raise UsageError(
            f"prominence is {prominence}; it must be above 0, such as 0.10 for a tenth of the low's level."
        )
    stated = panel.select("session", ratio=pl.col(column)).drop_nulls()
    ratios = stated["ratio"].to_numpy()
    found = _scan(ratios.tolist(), rise=1 + prominence)
    position = pl.Series([low.position for low in found], dtype=pl.Int64)
    confirmed = pl.Series([low.confirmed for low in found], dtype=pl.Int64)
    sessions = stated["session"]
    columns = {
        "session": sessions.gather(position),
        "ratio": stated["ratio"].gather(position),
        "prominence": [_prominence(low) for low in found],
        "confirmed": sessions.gather(confirmed),
        "peak_session": sessions.gather(pl.Series(_peaks(ratios, position.to_list()), dtype=pl.Int64)),
    }
    return pl.DataFrame(columns, schema=_LOWS_SCHEMA)


@dataclass(slots=True)
class _Standing:
    """A value that nothing has undercut so far."""

    position: int
    value: float
    high_before: float  # since the last value that was not above this one
    high_after: float = -inf
    confirmed: int | None = None


def _scan(values: Sequence[float], *, rise: float) -> list[_Standing]:
    """Return the confirmed lows in one pass.

    The stack holds the values that stand, which rise from its bottom to its top, so a day's value confirms a run of
    them that begins where the last run ended: every value is pushed, confirmed and popped once at most.
    """
    stack = [_Standing(-1, -inf, inf, confirmed=-1)]  # a floor under the first value, never undercut
    found: list[_Standing] = []
    confirmed = 1  # how many from the bottom are confirmed

    def close_top() -> None:
        nonlocal confirmed
        top = stack.pop()
        below = stack[-1]
        below.high_after = max(below.high_after, top.value, top.high_after)
        if top.confirmed is not None and _reaches(top.high_before, top.value, rise):
            found.append(top)
        confirmed = min(confirmed, len(stack))

    for position, value in enumerate(values):
        while stack[-1].value > value:
            close_top()
        while confirmed < len(stack) and _reaches(value, stack[confirmed].value, rise):
            stack[confirmed].confirmed = position
            confirmed += 1
        stack.append(_Standing(position, value, high_before=stack[-1].high_after))
    while len(stack) > 1:
        close_top()
    return sorted(found, key=lambda low: low.position)


def _reaches(value: float, low: float, rise: float) -> bool:
    return value >= low * rise * (1 - _ROUNDING)


def _prominence(low: _Standing) -> float:
    # Twelve decimals: the figure is shown with one or two, and 2.3 / 2.0 − 1 should read 0.15.
    return round(min(low.high_before, low.high_after) / low.value - 1, 12)


def _peaks(values: npt.NDArray[np.float64], lows: Sequence[int]) -> list[int]:
    """Return where the highest value since the previous low stands, for each low (the last of equal ones)."""
    starts = [0, *lows[:-1]]
    return [low - 1 - int(np.argmax(values[start:low][::-1])) for start, low in zip(starts, lows, strict=False)]


def lows(
    panel: pl.DataFrame,
    *,
    prominence: float = PROMINENCE,
    window: int = 10,
    horizon: int = 130,
    double: float = 0.01,
) -> Reading:
    """Return one row per low and index: the low, the index's nearest low by close, and its later bottom.

    Parameters
    ----------
    prominence : float, above 0
        See :func:`find_lows`.
    window : int, sessions
        The index's low is its lowest close among this many sessions before and after the ratio's low.
    horizon : int, sessions
        A later bottom is sought after the window, up to this many sessions after the ratio's low.
    double : float, a fraction
        How far above its first low the index's later bottom may stand and still be called a double one.

    Returns
    -------
    Reading
        ``index_low`` and ``later_low`` in points; lags in sessions, counted from the ratio's low, negative where the
        index was first. ``later_kind`` is ``lower`` or ``double``; it is null, with the other ``later_`` columns,
        where there was neither, or not yet: a note names the lows whose horizon is still open. ``blank_sessions``
        counts the sessions of the window without a ratio. Without any index in the panel there is one row per low,
        with nulls for the index. ``as_of`` is the panel's last session, up to which prominence and later bottoms
        look; the grade is the worst of the ratio and the index from the window's begin to the horizon's end.

    Raises
    ------
    UsageError
        An option is out of its range.
    MissingDataError
        The panel holds no maintenance ratio.

    Source
    ------
    Two research notes of 2024-02 and 2025-03 set the ratio's lows beside those of indices in this way.
    """
    require(panel, INDICATOR)
    _check(window=window, horizon=horizon, double=double)
    found = find_lows(panel, prominence=prominence)
    span = _Span(window, horizon, double)
    indices: list[Index | None] = [*indices_in(panel)]
    rows = [_row(panel, low, index, span) for low in found.iter_rows(named=True) for index in indices or [None]]
    frame = pl.DataFrame(rows, schema=_ROWS_SCHEMA)
    return Reading(INDICATOR, frame, _notes(panel, found, span))


@dataclass(frozen=True, slots=True)
class _Span:
    """How far around a low and after it the indices are looked at, in sessions."""

    window: int
    horizon: int
    double: float


def _check(*, window: int, horizon: int, double: float) -> None:
    if window < 0:
        raise UsageError(f"window is {window} sessions; it must be 0 or more.")
    if horizon <= window:
        raise UsageError(f"horizon is {horizon} sessions; it must be longer than the window of {window}.")
    if double < 0:
        raise UsageError(f"double is {double}; it must be 0 or more, such as 0.01 for 1 % above the first bottom.")


def _row(panel: pl.DataFrame, low: dict[str, Any], index: Index | None, span: _Span) -> dict[str, Any]:
    sessions = panel["session"]
    at = int(sessions.search_sorted(low["session"]))
    ratios = panel["maintenance_ratio"].slice(max(at - span.window, 0), span.window + 1 + min(at, span.window))
    grades = ["account_grade"] + ([f"{index.prefix}_grade"] if index else [])
    row = {name: low[name] for name in ("session", "ratio", "prominence", "confirmed")}
    row |= {"blank_sessions": ratios.null_count(), "as_of": as_of(panel)}
    row["grade"] = worst_in_span(panel, grades, at - span.window, at + span.horizon)
    if index is not None:
        closes = panel[f"{index.prefix}_close"].to_numpy().astype(np.float64)
        row |= {"index": index.key} | _bottoms(sessions, closes, at, span)
    return row


def _bottoms(sessions: pl.Series, closes: Closes, at: int, span: _Span) -> dict[str, Any]:
    near = lowest_near(closes, at, window=span.window)
    if near is None:
        return {}
    level = float(closes[near])
    found = {"index_low": level, "index_low_session": sessions[near], "lag_sessions": near - at}
    later = later_bottom(closes, at, level=level, window=span.window, horizon=span.horizon, double=span.double)
    if later is None:
        return found
    return found | {
        "later_low": float(closes[later.position]),
        "later_low_session": sessions[later.position],
        "later_lag_sessions": later.position - at,
        "later_kind": later.kind,
    }


def _notes(panel: pl.DataFrame, found: pl.DataFrame, span: _Span) -> tuple[Text, ...]:
    notes = [
        Text(
            "低点要等比例自低点回升达到显著度之日才得以确认，当日无从知晓；"
            "确认之后的表现见 record。少数吻合的事件不构成规律。",
            "A low is confirmed only when the ratio has risen from it by the prominence; on its own day nobody can "
            "call it. What followed the confirmations is in `record`. A few events that fit are not a law.",
        )
    ]
    ends = panel.height - 1
    open_lows = [str(low) for low in found["session"] if int(panel["session"].search_sorted(low)) + span.horizon > ends]
    if open_lows:
        notes.append(
            Text(
                "低点 {lows} 之后尚不足 {horizon} 个交易日：其后的更低点或双底仍可能出现，空值不表示没有。",
                "Fewer than {horizon} sessions have passed since the lows of {lows}: a later bottom may still come, "
                "and an empty cell there does not mean that there was none.",
            ).format(lows=", ".join(open_lows), horizon=span.horizon)
        )
    return tuple(notes)


INDICATOR = Indicator(
    name="lows",
    label=Text("维持担保比例低点", "Lows of the maintenance ratio"),
    meaning=Text(
        "按统一的相对显著度规则识别市场平均维持担保比例的局部低点，并列出各指数在低点前后的最低收盘价、先后交易日数，以及其后的更低点或双底。",
        "Local lows of the market's average maintenance ratio by one rule of relative prominence, and beside each the "
        "nearest lowest close of every index, how many sessions it lags, and a later lower or double bottom.",
    ),
    formula=(
        "L is a low when the ratio stood at ≥ L·(1 + p) both before and after, with no value below L in between; "
        "prominence = min(highest before until a lower or equal value, highest after until a lower value) / L − 1; "
        "confirmed = first later session with ratio ≥ L·(1 + p); p = 10 %. "
        "index_low = lowest close within ± window sessions; lag_sessions = its session − the low's (negative: the "
        "index was first); later_low = lowest close after the window, up to horizon sessions after the low: `lower` "
        "below index_low, `double` up to 1 % above it."
    ),
    source="Topographic prominence, relative to the level; the ratio is published by 中证金融 (account statistics).",
    problems=(
        Text(
            "证券价格是比例的分子：比例与指数同时见底在一定程度上是机械的，不能当作预测。",
            "Prices are the ratio's numerator, so that ratio and index bottom together is partly mechanical and no "
            "forecast.",
        ),
        Text(
            "市场平均值掩盖最弱的账户。",
            "A market average hides the weakest accounts.",
        ),
        Text(
            "没有比例的交易日（如 2015-04-29 至 2015-08-03）被跳过：空白内的低点看不见，"
            "空白旁的低点（blank_sessions 大于 0）可能不是真正的低点。",
            "Sessions without a ratio (2015-04-29 to 2015-08-03 among them) are passed over: a low inside the gap is "
            "not seen, and one beside it (blank_sessions above 0) may not be the true one.",
        ),
        Text(
            "显著度 10 % 是最整的数，未针对任何已知低点名单调整；换一个值会得到不同数量的低点。",
            "The prominence of 10 % is the roundest number, not tuned to any list of lows; another one gives more or "
            "fewer of them.",
        ),
    ),
    needs=("maintenance_ratio",),
    figures=(
        Figure("ratio", Unit.RATIO, Text("维持担保比例", "maintenance ratio"), published=True),
        Figure("prominence", Unit.FRACTION, Text("显著度", "prominence")),
        Figure("confirmed", Unit.DATE, Text("确认日", "confirmed on")),
        Figure("index", Unit.TEXT, Text("指数", "index")),
        Figure("index_low", Unit.POINTS, Text("指数最低收盘", "index's lowest close"), published=True),
        Figure("index_low_session", Unit.DATE, Text("指数低点日", "session of the index's low")),
        Figure(
            "lag_sessions", Unit.SESSIONS, Text("滞后交易日（负为领先）", "lag in sessions (negative: index first)")
        ),
        Figure("later_low", Unit.POINTS, Text("其后低点收盘", "later bottom's close"), published=True),
        Figure("later_low_session", Unit.DATE, Text("其后低点日", "session of the later bottom")),
        Figure("later_lag_sessions", Unit.SESSIONS, Text("其后低点滞后交易日", "later bottom's lag in sessions")),
        Figure("later_kind", Unit.TEXT, Text("其后低点类型", "later bottom's kind")),
        Figure(
            "blank_sessions", Unit.SESSIONS, Text("前后窗口内缺比例的交易日", "sessions without a ratio in the window")
        ),
    ),
    compute=lows,
    option_help={
        "prominence": Text(
            "显著度，为低点水平的比例", "how far the ratio must rise on both sides, a fraction of the low"
        ),
        "window": Text(
            "在低点前后多少个交易日内寻找指数最低收盘", "sessions around the low in which the index's low is sought"
        ),
        "horizon": Text(
            "低点后多少个交易日内寻找更低点或双底", "sessions after the low in which a later bottom is sought"
        ),
        "double": Text(
            "高出首次低点多少以内仍算双底", "how far above the first bottom a later one still is a double bottom"
        ),
    },
)

_ROWS_SCHEMA = row_schema(INDICATOR.figures)
