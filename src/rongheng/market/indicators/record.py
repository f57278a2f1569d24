"""The record of ``lows`` and ``pressure`` over the whole history: what an index did after each was known.

What lives here: which days count as events, and the table. What does not: the lows (``lows``), the verdicts
(``pressure``), and the counting itself (``aftermath``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from rongheng.basics.errors import MissingDataError
from rongheng.basics.ids import Index
from rongheng.basics.ids import index as index_called
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.indicators.aftermath import Aftermath, Flags, aftermath, undercut
from rongheng.market.indicators.confidence import wilson
from rongheng.market.indicators.contract import Figure, Indicator, Reading, as_of, has, indices_in, require
from rongheng.market.indicators.lows import PROMINENCE, find_lows
from rongheng.market.indicators.pressure import CRITERIA, pressure_history
from rongheng.market.indicators.row_schema import row_schema
from rongheng.market.indicators.rows import array
from rongheng.market.indicators.spans import worst_in_span
from rongheng.market.indicators.trend import FloatArray

HORIZONS = (20, 60, 120, 250)  # sessions: a month, a quarter, half a year, a year

CALM = 20  # sessions without a high verdict after which the next one is a new episode
COINCIDENCE = 10  # sessions around a low of the ratio in which a low of the index counts as the same


@dataclass(frozen=True)
class _Subject:
    """A kind of event: its days, and for lows the level that must hold, in the series that made them."""

    key: str
    label: Text
    events: list[int]
    grades: tuple[str, ...]
    series: FloatArray | None = None
    levels: FloatArray | None = None  # aligned to the events
    warns: bool = False  # it says that a fall is to be feared, not that one is over


def record(panel: pl.DataFrame, *, index: str = "csi-all", prominence: float = PROMINENCE) -> Reading:
    """Return what the index did after each low was confirmed and after each turn to high pressure, beside baselines.

    Parameters
    ----------
    index : str
        The index whose closes are followed.
    prominence : float
        Of the rule that calls lows; see :func:`~rongheng.market.indicators.lows.find_lows`.

    Returns
    -------
    Reading
        One row per subject and horizon, all of them about the panel's last session. Subjects: ``ratio-lows``, counted
        from the session that confirmed them; ``pressure-high``, the first session of each episode; the baselines
        ``index-lows`` (the index's own lows by the same rule, from their confirmation) and ``all-sessions``.
        ``events`` have reached their horizon by the panel's end, ``pending`` have not; ``separate`` of the events
        have horizons that do not overlap, and the interval ``share_low`` to ``share_high`` (Wilson, 95 %) takes that
        number as the number of cases. Returns are fractions. Null where no event has reached its horizon.

    Raises
    ------
    UsageError
        There is no such index, or ``prominence`` is not above 0.
    MissingDataError
        The panel holds no maintenance ratio, or no closes of the index.
    """
    require(panel, INDICATOR)
    followed = _followed(panel, index)
    lows = _low_subjects(panel, followed, prominence)
    subjects = [lows[0], _pressure_subject(panel, followed), *lows[1:]]
    rows = _table(panel, followed, subjects)
    notes = (_coincidence(panel, followed, prominence), *_warnings(rows), _FEW)
    return Reading(INDICATOR, rows, notes)


def low_record(panel: pl.DataFrame, *, index: str = "csi-all", prominence: float = PROMINENCE) -> pl.DataFrame:
    """Return the rows of :func:`record` about lows: those of the ratio and both baselines."""
    followed = _followed(panel, index)
    return _table(panel, followed, _low_subjects(panel, followed, prominence))


def _followed(panel: pl.DataFrame, name: str) -> Index:
    followed = index_called(name)
    if not has(panel, f"{followed.prefix}_close"):
        present = ", ".join(known.key for known in indices_in(panel)) or "none"
        raise MissingDataError(
            f"record follows {followed.key}, of which the lake holds no closes for these sessions. "
            f"Import index bars of it, or choose --index from: {present}."
        )
    return followed


def _low_subjects(panel: pl.DataFrame, index: Index, prominence: float) -> list[_Subject]:
    """Return the ratio's lows, the index's own, and every session, all from the first session with a ratio on."""
    close, grade = f"{index.prefix}_close", f"{index.prefix}_grade"
    stated = panel["maintenance_ratio"].is_not_null()
    begin = int(stated.arg_max() or 0)
    followed = panel.slice(begin)
    closes = array(panel, close)
    return [
        _lows(
            panel,
            find_lows(panel, prominence=prominence),
            "maintenance_ratio",
            _Names("ratio-lows", Text("维持担保比例低点（自确认日）", "lows of the ratio, from their confirmation")),
            grades=("account_grade", grade),
        ),
        _lows(
            panel,
            find_lows(followed, prominence=prominence, column=close),
            close,
            _Names("index-lows", Text("基准：指数自身低点（自确认日）", "baseline: the index's own lows, likewise")),
            grades=(grade,),
        ),
        _Subject(
            "all-sessions",
            Text("基准：所有交易日", "baseline: all sessions"),
            events=[position for position in range(begin, panel.height) if not np.isnan(closes[position])],
            grades=(grade,),
        ),
    ]


@dataclass(frozen=True)
class _Names:
    key: str
    label: Text


def _lows(panel: pl.DataFrame, lows: pl.DataFrame, column: str, names: _Names, *, grades: tuple[str, ...]) -> _Subject:
    confirmed = panel["session"].search_sorted(lows["confirmed"]).to_list()
    return _Subject(
        names.key, names.label, confirmed, grades, series=array(panel, column), levels=lows["ratio"].to_numpy()
    )


def _pressure_subject(panel: pl.DataFrame, index: Index) -> _Subject:
    grades = {grade for criterion in CRITERIA for grade in criterion.grades} | {f"{index.prefix}_grade"}
    return _Subject(
        "pressure-high",
        Text("压力转高（每段首日）", "turns to high pressure, first session of each episode"),
        events=turns_to_high((pressure_history(panel)["verdict"] == "high").fill_null(False).to_list()),
        grades=tuple(sorted(grades)),
        warns=True,
    )


def turns_to_high(high: Sequence[bool]) -> list[int]:
    """Return the sessions at high that come after ``CALM`` sessions or more without one: the episodes' first.

    >>> turns_to_high([False, True, True, False, True])
    [1]
    """
    turns, last = [], -CALM - 1
    for position, is_high in enumerate(high):
        if is_high:
            if position - last > CALM:
                turns.append(position)
            last = position
    return turns


def _table(panel: pl.DataFrame, index: Index, subjects: list[_Subject]) -> pl.DataFrame:
    closes, day = array(panel, f"{index.prefix}_close"), as_of(panel)
    rows = []
    for subject in subjects:
        fixed = {
            "session": day,
            "as_of": day,
            "index": index.key,
            "subject": subject.key,
            "subject_zh": subject.label.zh,
            "subject_en": subject.label.en,
            "grade": worst_in_span(panel, subject.grades),
        }
        rows += [fixed | _row(subject, closes, horizon) for horizon in HORIZONS]
    return pl.DataFrame(rows, schema=_ROWS_SCHEMA)


def _row(subject: _Subject, closes: FloatArray, horizon: int) -> dict[str, Any]:
    after = aftermath(closes, subject.events, horizon=horizon)
    events = len(after.starts)
    row: dict[str, Any] = {"horizon_sessions": horizon, "events": events, "pending": after.pending}
    row["separate"] = after.separate
    if not events:
        return row
    higher, false = int((after.returns > 0).sum()), int(_false_alarms(subject, after, horizon).sum())
    low, high = wilson(higher / events, count=after.separate)
    return row | {
        "higher": higher,
        "higher_share": higher / events,
        "share_low": low,
        "share_high": high,
        "mean_return": float(after.returns.mean()),
        "median_return": float(np.median(after.returns)),
        "median_deepest_fall": float(np.median(after.deepest)),
        "false_alarms": false,
        "false_alarm_share": false / events,
    }


def _false_alarms(subject: _Subject, after: Aftermath, horizon: int) -> Flags:
    """Return which events misled.

    A low did when the index stood below the confirmation's close at the horizon, or when the series that made the low
    went below it within the horizon; a warning did when the index did not stand lower.
    """
    lower: Flags = after.returns < 0
    if subject.warns:
        return ~lower
    if subject.series is None or subject.levels is None:
        return lower
    return lower | undercut(subject.series, after.starts, subject.levels[after.which], horizon=horizon)


def _coincidence(panel: pl.DataFrame, index: Index, prominence: float) -> Text:
    own = find_lows(panel, prominence=prominence, column=f"{index.prefix}_close")["session"]
    lows = find_lows(panel, prominence=prominence)["session"]
    at, own_at = (panel["session"].search_sorted(days).to_list() for days in (lows, own))
    shared = sum(any(abs(one - position) <= COINCIDENCE for one in own_at) for position in at)
    return Text(
        "{lows} 个比例低点中有 {shared} 个在 {near} 个交易日内与{zh}自身的低点（同一规则）重合："
        "价格是比例的分子，重合在一定程度上是机械的，应与 index-lows 各行比较。",
        "{shared} of {lows} lows of the ratio stand within {near} sessions of a low of {en} itself by the same rule: "
        "prices are the ratio's numerator, so this is partly mechanical; compare with the rows of index-lows.",
    ).format(lows=len(lows), shared=shared, near=COINCIDENCE, zh=index.label.zh, en=index.label.en)


def _warnings(rows: pl.DataFrame) -> tuple[Text, ...]:
    """Say what a high verdict has been worth as a forecast, where there was one."""
    row = rows.filter((pl.col("subject") == "pressure-high") & (pl.col("horizon_sessions") == HORIZONS[0])).row(
        0, named=True
    )
    if not row["events"]:
        return ()
    return (
        Text(
            "压力转高 {events} 次，{horizon} 个交易日后指数走高 {higher} 次："
            "读数为高表示压力正在发生，不是对下跌的预测。",
            "After {events} turns to high pressure the index stood higher {higher} times {horizon} sessions later: a "
            "high verdict says that stress is on, and is no forecast of a fall.",
        ).format(events=row["events"], higher=row["higher"], horizon=HORIZONS[0]),
    )


_FEW = Text(
    "事件少且区间相互重叠：置信区间以不重叠的区间数为样本量。几个吻合的事件不构成规律。",
    "Events are few and their horizons overlap: the interval takes the number of horizons that do not. Six events that "
    "fit are not a law.",
)

INDICATOR = Indicator(
    name="record",
    label=Text("低点与压力的历史记录", "record of lows and pressure"),
    meaning=Text(
        "在整个历史中，维持担保比例低点得到确认之后、压力转高之后，指数在一个月至一年内的表现；与指数自身低点及所有交易日两个基准并列。",
        "What an index did over a month to a year after each low of the maintenance ratio was confirmed and after each "
        "turn to high pressure, beside two baselines: the index's own lows, and all sessions.",
    ),
    formula=(
        "return = close(t + h) / close(t) − 1, t the confirmation or the turn, h = 20, 60, 120, 250 sessions, counted "
        "only where t + h is in the panel; higher_share = share of events with a return above 0, with a Wilson "
        "interval of 95 % for `separate` cases; a low's false alarm = index below close(t) at the horizon, or a lower "
        "low within it; a warning's = index not below. A turn = a high verdict after 20 or more sessions without one"
    ),
    source="`lows`, `pressure` and the index's closes; Wilson (1927) for the interval.",
    problems=(
        Text(
            "事件很少，且相互重叠、并非独立：置信区间只是下限意义上的宽度。",
            "Events are few, overlap and are not independent of each other: the true interval is wider, if anything.",
        ),
        Text(
            "确认日的比例要到下一交易日才公布，确认日收盘价实际上买不到。",
            "The ratio that confirms a low comes out on the next session: nobody could deal at that close.",
        ),
        Text(
            "指数不含股息；2015 年缺比例的三个月内的低点不在其中。",
            "Closes leave out dividends; lows inside the three months of 2015 without a ratio are not in it.",
        ),
        Text(
            "压力各项水平由规则与历史给出，但判据本身是在已知历史之后选定的。",
            "The levels of pressure come from rules and the past, but its criteria were chosen by people who knew it.",
        ),
    ),
    needs=("maintenance_ratio",),
    figures=(
        Figure("subject", Unit.TEXT, Text("对象", "subject")),
        Figure("subject_zh", Unit.TEXT, Text("对象（中文）", "subject, Chinese")),
        Figure("subject_en", Unit.TEXT, Text("对象（英文）", "subject, English")),
        Figure("index", Unit.TEXT, Text("指数", "index")),
        Figure("horizon_sessions", Unit.SESSIONS, Text("期限（交易日）", "horizon, sessions")),
        Figure("events", Unit.COUNT, Text("已到期事件数", "events that reached it")),
        Figure("pending", Unit.COUNT, Text("未到期事件数", "events that have not yet")),
        Figure("separate", Unit.COUNT, Text("互不重叠的事件数", "events whose horizons do not overlap")),
        Figure("higher", Unit.COUNT, Text("指数走高次数", "index higher, times")),
        Figure("higher_share", Unit.FRACTION, Text("指数走高占比", "index higher, share")),
        Figure("share_low", Unit.FRACTION, Text("占比95%区间下限", "share, low end of 95 %")),
        Figure("share_high", Unit.FRACTION, Text("占比95%区间上限", "share, high end of 95 %")),
        Figure("mean_return", Unit.FRACTION, Text("平均涨跌幅", "mean return")),
        Figure("median_return", Unit.FRACTION, Text("涨跌幅中位数", "median return")),
        Figure("median_deepest_fall", Unit.FRACTION, Text("期内最深跌幅中位数", "median of the deepest fall")),
        Figure("false_alarms", Unit.COUNT, Text("误报次数", "false alarms")),
        Figure("false_alarm_share", Unit.FRACTION, Text("误报占比", "false alarms, share")),
    ),
    compute=record,
    option_help={
        "index": Text("跟踪的指数", "the index that is followed"),
        "prominence": Text("低点规则的显著度", "prominence of the rule that calls lows"),
    },
)

_ROWS_SCHEMA = row_schema(INDICATOR.figures)
