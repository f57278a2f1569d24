"""The largest rises and falls of an index or of the maintenance ratio over a few sessions, one per episode.

What lives here: the changes, which of them belong to one episode, and what the ratio and every index did over the same
sessions. What does not: lows and what followed them (``lows``, ``record``).
"""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from rongheng.basics.errors import MissingDataError, UsageError
from rongheng.basics.ids import index, indices
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.indicators.contract import Figure, Indicator, Reading, has, indices_in
from rongheng.market.indicators.row_schema import row_schema
from rongheng.market.indicators.rows import array, reading
from rongheng.market.indicators.spans import worst_in_span
from rongheng.market.indicators.trend import FloatArray

RATIO = "ratio"  # as typed for the maintenance ratio, where an index's key stands otherwise


def episodes(changes: FloatArray, *, window: int, apart: int, count: int) -> list[int]:
    """Return where the ``count`` largest positive changes end, the largest first, one of each episode.

    The largest change is taken first, then the next largest, and so on. A change belongs to the episode of one that
    was taken when fewer than ``apart`` sessions lie between their two windows, or when the windows share a session;
    it is then passed over. Of equal changes the earlier is taken.

    Parameters
    ----------
    changes : float64, shape (n_sessions,)
        At each position the change over the ``window`` sessions that end there; NaN where there is none.
    window, apart, count : counts of sessions, sessions and changes

    Examples
    --------
    >>> changes = np.array([np.nan, 0.01, 0.05, 0.04, -0.02, -0.01, 0.03])
    >>> episodes(changes, window=1, apart=2, count=5)  # 0.04 and 0.01 are of the episode of 0.05
    [2, 6]
    """
    taken: list[int] = []
    falling = np.argsort(-changes, kind="stable")  # NaN last
    for position in falling.tolist():
        if len(taken) == count or not changes[position] > 0:
            break
        # Windows run from `position - window` to `position`; strictly between two of them lie this many sessions.
        if all(abs(position - other) - window - 1 >= apart for other in taken):
            taken.append(position)
    return taken


def extremes(
    panel: pl.DataFrame,
    *,
    by: str = "csi-all",
    windows: str = "3,7",
    count: int = 5,
    apart: int = 20,
    since: date | None = None,
) -> Reading:
    """Return the largest rises and falls over a few sessions, with the ratio's and every index's change beside them.

    Parameters
    ----------
    by : str
        The series by which changes are ranked: an index's key, code or name, or ``ratio``.
    windows : str
        Lengths in sessions, parted by commas. A change over k sessions is x(t) / x(t − k) − 1.
    count : int, above 0
        How many rises and how many falls of each length; fewer are shown where the history has no more.
    apart : int
        How many sessions must lie between the windows of two changes of one direction for them to be two episodes.
    since : date, optional
        Only windows that begin on that day or later are ranked.

    Returns
    -------
    Reading
        ``session`` is the window's last session, ``start_session`` the one whose close it begins at. Changes are
        fractions, null where one end has no figure. A ranking sees the whole panel: with later sessions, ranks move.

    Raises
    ------
    UsageError
        An option is none of the above.
    MissingDataError
        The panel does not hold the series.
    """
    lengths = _lengths(windows)
    if count < 1 or apart < 0:
        raise UsageError(f"count is {count} and apart {apart}; count must be 1 or more and apart 0 or more.")
    column = _column(panel, by)
    series = {"change": column, "ratio_change": "maintenance_ratio"}
    series |= {f"{known.prefix}_change": f"{known.prefix}_close" for known in indices_in(panel)}
    parts = [_over(panel, series, window=window, apart=apart, count=count, since=since) for window in lengths]
    return reading(pl.concat(parts), INDICATOR, notes=_notes(panel, column))


def _lengths(windows: str) -> list[int]:
    try:
        lengths = [int(word) for word in windows.split(",")]
    except ValueError:
        lengths = []
    if not lengths or min(lengths) < 1:
        raise UsageError(f"windows is {windows!r}; give counts of sessions parted by commas, such as 3,7.")
    return list(dict.fromkeys(lengths))


def _column(panel: pl.DataFrame, by: str) -> str:
    column = "maintenance_ratio" if by == RATIO else f"{index(by).prefix}_close"
    if not has(panel, column):
        present = [*(known.key for known in indices_in(panel)), *([RATIO] if has(panel, "maintenance_ratio") else [])]
        raise MissingDataError(
            f"extremes by {by} needs {column}, which the lake does not hold for these sessions. "
            f"Import a file that has it, or choose --by from: {', '.join(present) or 'nothing yet'}."
        )
    return column


def _over(
    panel: pl.DataFrame, series: dict[str, str], *, window: int, apart: int, count: int, since: date | None
) -> pl.DataFrame:
    """Return the rows of one length: rises by rank, then falls."""
    changes = {name: _changes(array(panel, column), window) for name, column in series.items()}
    ranked = changes["change"].copy()
    if since is not None:
        begins = panel["session"].shift(window).fill_null(date.min).to_numpy()
        ranked[begins < np.datetime64(since)] = np.nan
    grades = ["account_grade", *(f"{known.prefix}_grade" for known in indices_in(panel))]
    rows = []
    for direction, sign in (("rise", 1), ("fall", -1)):
        ends = episodes(sign * ranked, window=window, apart=apart, count=count)
        for rank, end in enumerate(ends, start=1):
            facts = {"session": panel["session"][end], "start_session": panel["session"][end - window]}
            facts |= {"window_sessions": window, "direction": direction, "rank": rank, "as_of": panel["session"][end]}
            facts |= {name: None if np.isnan(values[end]) else float(values[end]) for name, values in changes.items()}
            facts["grade"] = _worst_of_ends(panel, grades, end - window, end)
            rows.append(facts)
    schema = {name: dtype for name, dtype in _ROWS_SCHEMA.items() if name in _FIXED or name in series}
    return pl.DataFrame(rows, schema=schema)


def _changes(values: FloatArray, window: int) -> FloatArray:
    changes = np.full(len(values), np.nan)
    changes[window:] = values[window:] / values[:-window] - 1
    return changes


def _worst_of_ends(panel: pl.DataFrame, grades: list[str], start: int, end: int) -> str | None:
    """Return the worst grade of the window's two ends: the changes rest on nothing between them."""
    ends = panel.select(name for name in grades if name in panel.columns).gather([start, end])
    return worst_in_span(ends, ends.columns)


def _notes(panel: pl.DataFrame, column: str) -> tuple[Text, ...]:
    blank = panel.filter(pl.col(column).is_null() | pl.col("maintenance_ratio").is_null())["session"]
    if blank.is_empty():
        return ()
    return (
        Text(
            "有 {blank} 个交易日（{first} 至 {last} 之间）缺少排序序列或维持担保比例："
            "以这些日为端点的变动不参与排序或为空。",
            "{blank} sessions between {first} and {last} lack the ranked series or the maintenance ratio: a change "
            "that begins or ends there is not ranked, or stands empty.",
        ).format(blank=blank.len(), first=blank.min(), last=blank.max()),
    )


_FIXED = ("session", "window_sessions", "direction", "rank", "start_session", "as_of", "grade")

_INDEX_FIGURES = tuple(
    Figure(
        f"{known.prefix}_change",
        Unit.FRACTION,
        Text(f"{known.label.zh}同期涨跌幅", f"{known.label.en} over the same sessions"),
    )
    for known in indices().values()
    if known.in_panel and not known.total_return
)

INDICATOR = Indicator(
    name="extremes",
    label=Text("极端涨跌", "extremes"),
    meaning=Text(
        "所选序列在若干交易日内的最大涨幅与跌幅，每一波行情只取一次，并列出同期维持担保比例与各指数的变动。",
        "The largest rises and falls of a chosen series over a few sessions, one per episode, with what the "
        "maintenance ratio and every index did over the same sessions.",
    ),
    formula=(
        "change over k sessions = x(t) / x(t − k) − 1; taken greedily from the largest; of one direction, a window is "
        "of an episode already taken when fewer than `apart` (20) sessions lie between it and a taken window"
    ),
    source="Closes of the indices, and the average maintenance ratio of the account statistics.",
    problems=(
        Text(
            "何为“一波”是约定：两段窗口之间不足 20 个交易日（约一个月）即视为同一波；换一个值会得到另一份名单。",
            "What one episode is, is a convention: with fewer than 20 sessions (about a month) between them, two "
            "windows are one episode. Another number gives another list.",
        ),
        Text(
            "中证全指代替万得全A（后者不公开）：二者同期涨跌幅相近但不相等。",
            "CSI All Share stands in for Wind All A, which is not public: close to it, not equal.",
        ),
        Text(
            "比例的变动同时来自价格与客户的增减负债、追加担保物，二者无法由此分开。",
            "The ratio moves with prices and with what clients repay, borrow and top up; this table cannot part them.",
        ),
    ),
    needs=(),
    figures=(
        Figure("window_sessions", Unit.SESSIONS, Text("窗口（交易日）", "window, sessions")),
        Figure("direction", Unit.TEXT, Text("方向", "direction")),
        Figure("rank", Unit.COUNT, Text("名次", "rank")),
        Figure("start_session", Unit.DATE, Text("起始日", "from the close of")),
        Figure("change", Unit.FRACTION, Text("排序序列涨跌幅", "change of the ranked series")),
        Figure("ratio_change", Unit.FRACTION, Text("维持担保比例变动幅度", "change of the maintenance ratio")),
        *_INDEX_FIGURES,
    ),
    compute=extremes,
    option_help={
        "by": Text("排序所用序列：指数代号，或 ratio（维持担保比例）", "what is ranked: an index's key, or ratio"),
        "windows": Text("窗口长度（交易日），以逗号分隔", "lengths in sessions, parted by commas"),
        "count": Text("每个方向、每个窗口取多少次", "how many of each direction and length"),
        "apart": Text(
            "两段窗口之间至少相隔多少个交易日才算两波", "sessions between two windows that make them two episodes"
        ),
        "since": Text("只排序自该日起的窗口", "rank only windows that begin on that day or later"),
    },
)

_ROWS_SCHEMA = row_schema(INDICATOR.figures)
