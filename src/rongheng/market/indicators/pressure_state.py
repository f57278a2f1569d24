"""Criteria of pressure that ask how exposed the market stands: distance to the lines, drawdown, debt for its prices.

What lives here: numbers that say what a further fall would do. What does not: whether one is under way
(``pressure_motion``), and what the verdicts add up to (``pressure``).
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.lib.stride_tricks import sliding_window_view

from rongheng.basics.ids import Index
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.indicators.contract import indices_in
from rongheng.market.indicators.criterion import ENOUGH, Criterion, Measured, by_past
from rongheng.market.indicators.fit import LEAST_SESSIONS
from rongheng.market.indicators.pressure_words import money, percent, signed
from rongheng.market.indicators.residual_so_far import fitted_so_far
from rongheng.market.indicators.rows import array, growth
from rongheng.market.indicators.safety_distance import safety_distance
from rongheng.market.indicators.trend import NONE, FloatArray, IntArray

TEN_YEARS = 2500  # sessions
MONTH = 20  # sessions
YEAR = 250  # sessions

_LINES = ("warning_line", "call_line", "liquidation_line")

_BROADEST = ("csi-all", "csi300", "sse")  # the first that the panel has stands for the market


def broad_index(panel: pl.DataFrame) -> Index | None:
    """Return the broadest index that the panel has closes of, or ``None``."""
    present = {index.key: index for index in indices_in(panel)}
    return next((present[key] for key in _BROADEST if key in present), None)


def _closes(panel: pl.DataFrame) -> FloatArray:
    broad = broad_index(panel)
    return np.full(panel.height, np.nan) if broad is None else array(panel, f"{broad.prefix}_close")


def _monthly(panel: pl.DataFrame) -> pl.Series:
    """Return the change of the broad index over the last ``MONTH`` sessions, on every session."""
    closes = pl.DataFrame({"close": _closes(panel)}).fill_nan(None)
    return closes.select(growth("close", MONTH)).to_series()


def _distance(panel: pl.DataFrame) -> Measured:
    """Measure the ratio that a repeat of the largest monthly fall of ten years would leave."""
    worst = _monthly(panel).rolling_min(TEN_YEARS, min_samples=ENOUGH).clip(upper_bound=0)
    left = panel.select(pl.col("maintenance_ratio") * (1 + worst)).to_series()
    return Measured(
        left.fill_null(np.nan).to_numpy(), watch_at=array(panel, "warning_line"), high_at=array(panel, "call_line")
    )


def _tell_distance(panel: pl.DataFrame) -> Text:
    falls = _monthly(panel).tail(TEN_YEARS)
    at = falls.arg_min()
    assert at is not None, "a number without a fall"
    worst = min(float(falls[at]), 0.0)
    now = panel.row(-1, named=True)
    broad = broad_index(panel)
    assert broad is not None, "a fall without an index"
    alone = panel.tail(1).select("session", "maintenance_ratio", "account_grade", *_LINES)  # without any index
    distance = safety_distance(alone).rows["fall_to_liquidation"][0]
    return Text(
        "{session} 维持担保比例 {ratio}，距平仓线 {line} 尚可下跌 {distance}；"
        "{zh} {span} 个交易日的十年最大跌幅为 {worst}（至 {end}），若重演，比例将为 {left}",
        "At {ratio} on {session} prices may fall by {distance} to the liquidation line of {line}; the largest fall of "
        "{en} over {span} sessions in ten years is {worst} (to {end}); its repeat would leave a ratio of {left}",
    ).format(
        session=now["session"],
        ratio=percent(now["maintenance_ratio"]),
        line=percent(now["liquidation_line"], digits=0),
        distance=percent(distance),
        zh=broad.label.zh,
        en=broad.label.en,
        span=MONTH,
        worst=percent(-worst),
        end=panel["session"].tail(TEN_YEARS)[at],
        left=percent(now["maintenance_ratio"] * (1 + worst)),
    )


def _drawdown(panel: pl.DataFrame) -> Measured:
    """Measure the fall from the year's high, against what a full purchase there can bear.

    Who financed as much as the rule allowed at the high, with cash as margin, had a ratio of 1 + m with the margin
    ratio m of that day: it belongs to the contract and stays.
    """
    closes = _closes(panel)
    peak = _peak_of_year(closes)
    known = peak != NONE
    high, margin = np.full((2, panel.height), np.nan)
    high[known] = closes[peak[known]]
    margin[known] = array(panel, "financing_margin_ratio")[peak[known]]
    return Measured(
        1 - closes / high,
        watch_at=1 - array(panel, "warning_line") / (1 + margin),
        high_at=1 - array(panel, "liquidation_line") / (1 + margin),
    )


def _peak_of_year(closes: FloatArray) -> IntArray:
    """Return where the highest close of the last year stands (the last of equal ones); ``NONE`` before a year is full.

    Missing closes are passed over; with fewer than four fifths of the year's there is no peak.
    """
    peaks = np.full(len(closes), NONE, dtype=np.int64)
    if len(closes) < YEAR:
        return peaks
    years = sliding_window_view(np.where(np.isnan(closes), -np.inf, closes)[::-1], YEAR)[::-1]  # the newest first
    enough = np.isfinite(years).sum(axis=1) >= YEAR * 4 // 5
    newest = np.arange(YEAR - 1, len(closes))
    peaks[YEAR - 1 :] = np.where(enough, newest - years.argmax(axis=1), NONE)
    return peaks


def _tell_drawdown(panel: pl.DataFrame) -> Text:
    closes = _closes(panel)
    peak = int(_peak_of_year(closes)[-1])
    broad = broad_index(panel)
    assert broad is not None, "a drawdown without an index"
    margin = float(panel["financing_margin_ratio"][peak])
    now = panel.row(-1, named=True)
    return Text(
        "{zh}自 {peak} 的 {high:.2f} 点跌至 {session} 的 {close:.2f} 点，跌幅 {fall}；"
        "当时以现金满额融资（保证金比例 {margin}）的账户跌 {watch} 触及警戒线、跌 {line} 触及平仓线",
        "{en} fell by {fall} from {high:.2f} on {peak} to {close:.2f} on {session}; who financed in full then with "
        "cash (margin ratio {margin}) meets the warning line after {watch} and the liquidation line after {line}",
    ).format(
        zh=broad.label.zh,
        en=broad.label.en,
        peak=panel["session"][peak],
        high=closes[peak],
        session=now["session"],
        close=closes[-1],
        fall=percent(1 - closes[-1] / closes[peak]),
        margin=percent(margin, digits=0),
        watch=percent(1 - now["warning_line"] / (1 + margin)),
        line=percent(1 - now["liquidation_line"] / (1 + margin)),
    )


def _residual(panel: pl.DataFrame) -> Measured:
    return by_past(array(panel, "maintenance_ratio") / _fitted(panel) - 1, worse="low")


def _fitted(panel: pl.DataFrame) -> FloatArray:
    """Return the ratio that its line on the log of the broad index gives, as known on each session (see ``fit``)."""
    return fitted_so_far(np.log(_closes(panel)), array(panel, "maintenance_ratio"), least=LEAST_SESSIONS)


def _tell_residual(panel: pl.DataFrame) -> Text:
    broad = broad_index(panel)
    assert broad is not None, "a line without an index"
    now, fitted = panel.row(-1, named=True), float(_fitted(panel)[-1])
    return Text(
        "{session} 维持担保比例 {ratio}，按截至当日对{zh}点位的拟合应为 {fitted}，偏离 {off}：负值表示负债相对价格偏多",
        "The ratio of {ratio} on {session} stands {off} off the {fitted} that its line on {en} gives so far: below it, "
        "debt is high for the level of prices",
    ).format(
        session=now["session"],
        ratio=percent(now["maintenance_ratio"]),
        zh=broad.label.zh,
        en=broad.label.en,
        fitted=percent(fitted),
        off=signed(now["maintenance_ratio"] / fitted - 1),
    )


def _crowding(key: str, label: Text, above: str, below: str, *, grades: tuple[str, str]) -> Criterion:
    """Return the criterion of one amount as a share of another, judged by its own past."""

    def measure(panel: pl.DataFrame) -> Measured:
        return by_past(array(panel.select(share=pl.col(above) / pl.col(below)), "share"), worse="high")

    def tell(panel: pl.DataFrame) -> Text:
        now = panel.row(-1, named=True)
        return Text(
            "{session} {zh}为 {share}（{zh_above} / {zh_below}）",
            "On {session} {en} was {share} ({en_above} / {en_below})",
        ).format(
            session=now["session"],
            zh=label.zh,
            en=label.en,
            share=percent(now[above] / now[below]),
            zh_above=money(now[above]).zh,
            en_above=money(now[above]).en,
            zh_below=money(now[below]).zh,
            en_below=money(now[below]).en,
        )

    return Criterion(
        key=key,
        label=label,
        kind="state",
        unit=Unit.FRACTION,
        worse="high",
        needs=(above, below),
        grades=grades,
        measure=measure,
        tell=tell,
    )


_BROAD_GRADES = tuple(f"{key.replace('-', '_')}_grade" for key in _BROADEST)

STATE: tuple[Criterion, ...] = (
    Criterion(
        key="distance",
        label=Text("重演十年最大跌幅后的比例", "ratio after a repeat of the largest fall of ten years"),
        kind="state",
        unit=Unit.RATIO,
        worse="low",
        needs=("maintenance_ratio", *_LINES),
        grades=("account_grade", *_BROAD_GRADES),
        measure=_distance,
        tell=_tell_distance,
    ),
    Criterion(
        key="drawdown",
        label=Text("自一年高点的跌幅", "fall from the high of the year"),
        kind="state",
        unit=Unit.FRACTION,
        worse="high",
        needs=("financing_margin_ratio", "warning_line", "liquidation_line"),
        grades=_BROAD_GRADES,
        measure=_drawdown,
        tell=_tell_drawdown,
    ),
    Criterion(
        key="residual",
        label=Text("比例对指数拟合的偏离", "ratio off its line on the index"),
        kind="state",
        unit=Unit.FRACTION,
        worse="low",
        needs=("maintenance_ratio",),
        grades=("account_grade", *_BROAD_GRADES),
        measure=_residual,
        tell=_tell_residual,
    ),
    _crowding(
        "margin-share",
        Text("两融余额占流通市值", "margin balance / float cap"),
        "margin_balance",
        "float_cap",
        grades=("balance_grade", "float_cap_grade"),
    ),
    _crowding(
        "buys-share",
        Text("融资买入额占成交额", "financing buys / turnover"),
        "financing_buys",
        "turnover",
        grades=("balance_grade", "turnover_grade"),
    ),
)
