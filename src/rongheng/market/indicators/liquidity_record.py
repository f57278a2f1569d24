"""The record of the liquidity verdict: how often a fall followed each of its words, beside all sessions (历史检验).

What lives here: the table. What does not: the verdict (``liquidity``) and the counting (``aftermath``).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.indicators.aftermath import aftermath
from rongheng.market.indicators.confidence import wilson
from rongheng.market.indicators.contract import Figure, Indicator, Reading, as_of, require
from rongheng.market.indicators.criterion import NOT_JUDGED, VERDICTS, Verdicts
from rongheng.market.indicators.liquidity import liquidity_history
from rongheng.market.indicators.row_schema import row_schema
from rongheng.market.indicators.rows import array
from rongheng.market.indicators.spans import worst_in_span
from rongheng.market.indicators.trend import FloatArray

HORIZONS = (5, 20, 60)  # sessions: a week, a month, a quarter
ALL = "all-sessions"


def liquidity_record(frame: pl.DataFrame) -> Reading:
    """Return what the broad index did after the sessions of each verdict, beside all sessions that were judged.

    Parameters
    ----------
    frame : DataFrame
        The frame ``lenses``; see ``contract.LENSES``.

    Returns
    -------
    Reading
        One row a verdict and horizon, all about the last session. ``sessions`` have reached their horizon;
        ``separate`` of them have horizons that do not overlap, and the interval ``fell_low`` to ``fell_high``
        (Wilson, 95 %) of the share that fell takes that number as the number of cases. Returns are fractions.

    Raises
    ------
    MissingDataError
        The frame holds no financing balance, or no close of a broad index.
    """
    require(frame, INDICATOR)
    closes, verdicts, grade = array(frame, "close"), liquidity_history(frame), _grade(frame)
    words = (*VERDICTS, ALL)
    rows = [
        _row(word, horizon, closes, _events(word, verdicts)) | {"grade": grade}
        for word in words
        for horizon in HORIZONS
    ]
    fixed = {"session": as_of(frame), "as_of": as_of(frame)}
    return Reading(INDICATOR, pl.DataFrame([row | fixed for row in rows], schema=row_schema(INDICATOR.figures)))


def _events(word: str, verdicts: Verdicts) -> list[int]:
    wanted = verdicts != NOT_JUDGED if word == ALL else verdicts == VERDICTS.index(word)
    places: list[int] = np.flatnonzero(wanted).tolist()
    return places


def _row(word: str, horizon: int, closes: FloatArray, events: list[int]) -> dict[str, Any]:
    after = aftermath(closes, events, horizon=horizon)
    count = len(after.which)
    row: dict[str, Any] = {
        "verdict": word,
        "horizon_sessions": horizon,
        "sessions": count,
        "pending": after.pending,
        "separate": after.separate,
    }
    if not count:
        return row
    share = float((after.returns < 0).mean())
    low, high = wilson(share, count=after.separate)
    return row | {
        "fell_share": share,
        "fell_low": low,
        "fell_high": high,
        "mean_return": float(after.returns.mean()),
        "median_deepest_fall": float(np.median(after.deepest)),
    }


def _grade(frame: pl.DataFrame) -> str | None:
    return worst_in_span(frame, tuple(name for name in frame.columns if name.endswith("_grade")))


INDICATOR = Indicator(
    name="liquidity-record",
    label=Text("流动性结论的历史检验", "record of the liquidity verdict"),
    meaning=Text(
        "历次流动性结论之后一周、一月、一季宽基指数下跌的占比，连同置信区间与全部交易日的基准。",
        "How often the broad index stood lower a week, a month and a quarter after each verdict, with intervals, "
        "beside all sessions.",
    ),
    formula=(
        "return = close(t + h) / close(t) − 1, h = 5, 20, 60 sessions; Wilson interval of 95 % for `separate` cases"
    ),
    source="`liquidity` and the closes of the broad index; Wilson (1927) for the interval",
    problems=(
        Text(
            "早年只有两融视角可判断；各视角在已知历史之后选定。",
            "In early years only the lenses of margin could be judged; the lenses were chosen by people who knew the "
            "past.",
        ),
        Text(
            "相邻交易日的结论几乎相同：置信区间以互不重叠的区间数为样本量。",
            "Verdicts of neighbouring sessions are nearly the same: the interval counts horizons that do not overlap.",
        ),
    ),
    needs=("financing_balance", "close"),
    figures=(
        Figure("verdict", Unit.TEXT, Text("结论", "verdict")),
        Figure("horizon_sessions", Unit.SESSIONS, Text("期限（交易日）", "horizon, sessions")),
        Figure("sessions", Unit.COUNT, Text("已到期交易日数", "sessions that reached it")),
        Figure("pending", Unit.COUNT, Text("未到期", "not yet")),
        Figure("separate", Unit.COUNT, Text("互不重叠", "that do not overlap")),
        Figure("fell_share", Unit.FRACTION, Text("下跌占比", "share that fell")),
        Figure("fell_low", Unit.FRACTION, Text("95%区间下限", "low end of 95 %")),
        Figure("fell_high", Unit.FRACTION, Text("95%区间上限", "high end of 95 %")),
        Figure("mean_return", Unit.FRACTION, Text("平均涨跌幅", "mean return")),
        Figure("median_deepest_fall", Unit.FRACTION, Text("期内最深跌幅中位数", "median of the deepest fall")),
    ),
    compute=liquidity_record,
    reads="lenses",
)
