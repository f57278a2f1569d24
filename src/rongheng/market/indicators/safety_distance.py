"""How far prices may fall before an average margin account meets its lines (安全距离).

What lives here: the fall to each line from the published ratio and from an assumed account, beside the largest fall of
each index. What does not: leverage itself (``leverage``), and single accounts.
"""

from __future__ import annotations

import polars as pl

from rongheng.basics.errors import UsageError
from rongheng.basics.grades import worst_of
from rongheng.basics.ids import Index
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.indicators.contract import Figure, Indicator, Reading, indices_in, require
from rongheng.market.indicators.drawdown import largest_falls
from rongheng.market.indicators.rows import array, figures, positions, reading

_LINES = {"warning": "warning_line", "call": "call_line", "liquidation": "liquidation_line"}


def safety_distance(
    panel: pl.DataFrame, *, leverage: float | None = None, cash_share: float = 0.0, window: int = 250
) -> Reading:
    """Return the uniform fall of prices that takes an average account to each line (距各线的跌幅).

    With assets A, debt D and securities S (cash does not fall), the fall is d = (A - line·D) / S; without cash it is
    1 - line / R.

    Parameters
    ----------
    leverage : float, above 1, optional
        Assume an account of this leverage, whose ratio is L / (L - 1), in place of the published average.
    cash_share : float, a fraction from 0 to below 1
        Assume that this share of the assets is cash.
    window : int, sessions, above 0
        The largest fall of an index is sought in the sessions up to the row's, this many.

    Returns
    -------
    Reading
        One row per session and index (one per session where the panel has no index). All falls are positive
        fractions. A fall to a line is negative where the ratio stands below the line already, and above 1 where even
        worthless securities would not take the account there. The ``assumed_`` columns are null unless ``leverage``
        or ``cash_share`` is given. ``distance_to_fall`` is the fall to the liquidation line from the published ratio
        over the index's largest fall: 2 says that prices may fall twice as far. Null where the ratio, a line, or a
        bar inside the window is missing. The grade is the worst of the ratio's and of the two bars'.

    Raises
    ------
    UsageError
        An option is out of its range.
    MissingDataError
        The panel holds no maintenance ratio.

    Source
    ------
    Definition of the maintenance ratio. Guosen Securities, 2025-01: leverage 1.5 gives 56.7 % to a line of 130 %.

    Examples
    --------
    >>> from datetime import date
    >>> panel = pl.DataFrame({
    ...     "session": [date(2025, 1, 7)], "maintenance_ratio": [2.5], "account_grade": ["official"],
    ...     "warning_line": [1.5], "call_line": [1.4], "liquidation_line": [1.3],
    ... })
    >>> row = safety_distance(panel, leverage=1.5).rows.row(0, named=True)
    >>> round(row["fall_to_liquidation"], 4), round(row["assumed_fall_to_liquidation"], 4)
    (0.48, 0.5667)
    """
    _check(leverage, cash_share, window)
    require(panel, INDICATOR)
    distances = _distances(panel, leverage, cash_share)
    found = indices_in(panel)
    parts = [_beside(distances, panel, index, window) for index in found] or [_alone(distances)]
    rows = pl.concat(parts).sort("session", maintain_order=True)
    return reading(rows, INDICATOR, notes=() if found else (_NO_INDEX,))


def _check(leverage: float | None, cash_share: float, window: int) -> None:
    if leverage is not None and not leverage > 1:
        raise UsageError(f"leverage is {leverage}; it must be above 1 (assets over own capital), such as 1.5.")
    if not 0 <= cash_share < 1:
        raise UsageError(f"cash_share is {cash_share}; it must be 0 or more and below 1 (the share of assets in cash).")
    if window < 1:
        raise UsageError(f"window is {window}; it must be 1 session or more.")


def _distances(panel: pl.DataFrame, leverage: float | None, cash_share: float) -> pl.DataFrame:
    published = pl.col("maintenance_ratio")
    assumed = published if leverage is None else pl.lit(leverage / (leverage - 1))
    nothing_assumed = leverage is None and cash_share == 0
    scenario = {
        f"assumed_fall_to_{name}": pl.lit(None, dtype=pl.Float64)
        if nothing_assumed
        else (1 - pl.col(line) / assumed) / (1 - cash_share)
        for name, line in _LINES.items()
    }
    return panel.select(
        "session",
        "maintenance_ratio",
        "account_grade",
        **{f"fall_to_{name}": 1 - pl.col(line) / published for name, line in _LINES.items()},
        **scenario,
        as_of="session",
    )


def _beside(distances: pl.DataFrame, panel: pl.DataFrame, index: Index, window: int) -> pl.DataFrame:
    high, low = f"{index.prefix}_high", f"{index.prefix}_low"
    falls = largest_falls(array(panel, high), array(panel, low), window=window)
    high_at, low_at = positions(falls.high_at), positions(falls.low_at)
    grade = panel[f"{index.prefix}_grade"]
    return distances.with_columns(
        pl.lit(index.key).alias("index"),
        figures(falls.fall).alias("largest_fall"),
        panel[high].gather(high_at).alias("stage_high"),
        panel["session"].gather(high_at).alias("stage_high_session"),
        panel[low].gather(low_at).alias("stage_low"),
        panel["session"].gather(low_at).alias("stage_low_session"),
    ).with_columns(
        distance_to_fall=pl.when(pl.col("largest_fall") > 0).then(
            pl.col("fall_to_liquidation") / pl.col("largest_fall")
        ),
        grade=worst_of("account_grade", pl.lit(grade.gather(high_at)), pl.lit(grade.gather(low_at))),
    )


def _alone(distances: pl.DataFrame) -> pl.DataFrame:
    return distances.with_columns(pl.lit(None, dtype=pl.String).alias("index"), grade=worst_of("account_grade"))


_NO_INDEX = Text(
    "数据湖中没有指数行情，故无最大跌幅可比；导入指数日行情即可。",
    "The lake holds no index bars, so there is no largest fall to compare with; import index bars.",
)

INDICATOR = Indicator(
    name="safety-distance",
    label=Text("安全距离", "safety distance"),
    meaning=Text(
        "平均账户的担保品均匀下跌多少才触及警戒线、追保线、平仓线，并与各指数的最大跌幅对照。",
        "The uniform fall of prices that takes an average account to its warning, call and liquidation lines, beside "
        "the largest fall of each index.",
    ),
    formula="d = (A - line·D) / S, without cash 1 - line / R; largest_fall = largest 1 - low(u) / high(s) with s < u "
    "inside the window; distance_to_fall = fall_to_liquidation / largest_fall",
    source="Definition of the maintenance ratio; practice.lines.*; Guosen 2025-01 table 1 (largest falls).",
    problems=(
        Text(
            "国信以“杠杆1.5倍”算得56.7%：该前提等于维持担保比例300%，而当时公布的平均值约250%，对应约48%。",
            "Guosen's 56.7 % rests on a leverage of 1.5, which is a ratio of 300 %; the published average was near "
            "250 %, which gives 48 %.",
        ),
        Text(
            "平均值掩盖尾部：比例150%的账户，跌13%即触及130%。",
            "An average hides the tail: an account at 150 % meets 130 % after a fall of 13 %.",
        ),
        Text(
            "假定所有证券同跌、负债不变；两融客户持仓的波动通常大于宽基指数。",
            "All securities are taken to fall alike and debt to stay; what margin clients hold moves more than broad "
            "indices do.",
        ),
        Text(
            "2019年起130%已非监管规定，各线为证券公司的合同参数。",
            "Since 2019 no rule sets 130 %: the lines are terms of the brokers' contracts.",
        ),
        Text(
            "同一交易日内的高点与低点先后不明，不计为下跌；窗口内缺行情时不给出最大跌幅。",
            "A high and a low of one session do not make a fall, for bars do not say which came first; a window with a "
            "missing bar has no largest fall.",
        ),
    ),
    needs=("maintenance_ratio",),
    figures=(
        Figure("maintenance_ratio", Unit.RATIO, Text("平均维持担保比例", "average maintenance ratio"), published=True),
        Figure("fall_to_warning", Unit.FRACTION, Text("距警戒线跌幅", "fall to the warning line")),
        Figure("fall_to_call", Unit.FRACTION, Text("距追保线跌幅", "fall to the call line")),
        Figure("fall_to_liquidation", Unit.FRACTION, Text("距平仓线跌幅", "fall to the liquidation line")),
        Figure("assumed_fall_to_warning", Unit.FRACTION, Text("假定：距警戒线", "assumed: to the warning line")),
        Figure("assumed_fall_to_call", Unit.FRACTION, Text("假定：距追保线", "assumed: to the call line")),
        Figure(
            "assumed_fall_to_liquidation", Unit.FRACTION, Text("假定：距平仓线", "assumed: to the liquidation line")
        ),
        Figure("index", Unit.TEXT, Text("指数", "index")),
        Figure("largest_fall", Unit.FRACTION, Text("窗口内最大跌幅", "largest fall in the window")),
        Figure("stage_high", Unit.POINTS, Text("阶段高点", "stage high"), published=True),
        Figure("stage_high_session", Unit.DATE, Text("高点日", "session of the high")),
        Figure("stage_low", Unit.POINTS, Text("阶段低点", "stage low"), published=True),
        Figure("stage_low_session", Unit.DATE, Text("低点日", "session of the low")),
        Figure("distance_to_fall", Unit.TIMES, Text("距平仓线跌幅/最大跌幅", "fall to liquidation / largest fall")),
    ),
    compute=safety_distance,
    option_help={
        "leverage": Text("假定账户杠杆（资产/净资产）", "Assume an account of this leverage (assets / own capital)."),
        "cash_share": Text("假定资产中现金占比", "Assume that this share of the assets is cash."),
        "window": Text("最大跌幅窗口（交易日）", "Sessions in which the largest fall is sought."),
    },
)
