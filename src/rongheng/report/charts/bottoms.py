"""Figures of the chapter on the maintenance ratio and market bottoms: lows, lags, the record, the fit on an index.

What lives here: what each of these figures shows and says. What does not: any number that no reading has.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from math import log

import polars as pl

from rongheng.basics.ids import find_index
from rongheng.basics.text import Language, Text
from rongheng.basics.units import Unit
from rongheng.findings.dossier import Dossier
from rongheng.report.charts.figure import Drawn, Figure, drawn, thinned
from rongheng.report.drawing import (
    Band,
    Entry,
    Plot,
    Spec,
    Strip,
    band,
    nice,
    over_numbers,
    over_time,
    rounded,
    row_strips,
    stack,
)
from rongheng.report.facts import Row, panel_series, rows_of, series, stated, today, with_figure
from rongheng.report.numbers import display
from rongheng.report.theme import (
    BLUE,
    DASHED,
    GREEN,
    GREY,
    ORANGE,
    PAPER,
    PLOT_HEIGHT,
    PLOT_WIDTH,
    SKY,
    WIDE_WIDTH,
    Colour,
)

_BROADEST = ("csi_all", "csi300", "sse")
_ROWS = 16  # the newest lows that a figure of rows has room for
_SCATTER = 5  # one session a week in the scatter


def _ratio(dossier: Dossier, language: Language) -> Drawn | None:
    points = panel_series(dossier, "maintenance_ratio", scale=0.01)
    found = stated(points)
    if not found:
        return None
    begin = found[0][0]
    upper, lower = stack(1.5, 1)
    plot = Plot(over_time(begin, dossier.as_of, width=WIDE_WIDTH))
    top = band([value for _, value in found], strip=upper, unit="%")
    kept, remark = thinned([point for point in points if point[0] >= begin], columns=WIDE_WIDTH // 2)
    plot.line(top, kept, BLUE)
    plot.ends(top, [(found[-1][1], f"{found[-1][1]:.1f}", BLUE)])
    lows = _lows(dossier)
    _mark_lows(plot, top, lows, dict(found))
    _index_below(plot, dossier, lower, begin, lows, language)
    plot.key(
        [
            Entry(Text("低点", "low").in_(language), ORANGE, "circle"),
            Entry(Text("确认日", "confirmed").in_(language), GREEN, "triangle-up"),
        ]
    )
    level = display(found[-1][1] / 100, Unit.RATIO, language)
    if not lows:
        return drawn(
            Text(f"平均维持担保比例 {level}", f"The average maintenance ratio is {level}"), plot, language, remark
        )
    last = lows[-1]
    at = display(last["ratio"], Unit.RATIO, language)
    title = Text(
        f"维持担保比例 {level}；最近确认的低点 {last['session']}（{at}）",
        f"Maintenance ratio {level}; last confirmed low {at} on {last['session']}",
    )
    return drawn(title, plot, language, remark)


def _lows(dossier: Dossier) -> list[Row]:
    rows = rows_of(dossier, "lows")
    if rows.is_empty():
        return []
    stated_lows = rows.filter(pl.col("ratio").is_not_null())
    return stated_lows.unique("session", keep="first", maintain_order=True).sort("session").to_dicts()


def _mark_lows(plot: Plot, where: Band, lows: list[Row], ratios: dict[date, float]) -> None:
    dots: list[Spec] = [{"t": low["session"].isoformat(), "v": rounded(low["ratio"] * 100)} for low in lows]
    plot.dots(where, dots, ORANGE, size=26)
    confirmed = [low["confirmed"] for low in lows if low["confirmed"] in ratios]
    signs: list[Spec] = [{"t": day.isoformat(), "v": rounded(ratios[day])} for day in confirmed]
    plot.dots(where, signs, GREEN, shape="triangle-up", size=20, filled=False)


def _index_below(plot: Plot, dossier: Dossier, strip: Strip, begin: date, lows: list[Row], language: Language) -> None:
    prefix = next((name for name in _BROADEST if stated(panel_series(dossier, f"{name}_close"))), None)
    if prefix is None:
        return
    closes = panel_series(dossier, f"{prefix}_close", since=begin)
    found = stated(closes)
    if not found:
        return
    low, high, ticks = nice(min(value for _, value in found), max(value for _, value in found), ticks=3)
    where = Band(strip, max(low, 1.0), high, tuple(ticks), Text("点", "points").in_(language), logarithmic=True)
    plot.line(where, thinned(closes, columns=WIDE_WIDTH // 2)[0], GREY)
    plot.ends(where, [(found[-1][1], f"{found[-1][1]:,.0f}", GREY)])
    levels = dict(found)
    dots: list[Spec] = [
        {"t": row["session"].isoformat(), "v": rounded(levels[row["session"]])}
        for row in lows
        if row["session"] in levels
    ]
    plot.dots(where, dots, ORANGE, size=18)
    index = find_index(prefix.replace("_", "-"))
    if index is not None:
        plot.write(plot.width, strip.top - 9, index.label.in_(language), align="right")


def _lags(dossier: Dossier, language: Language) -> Drawn | None:
    rows = rows_of(dossier, "lows")
    if with_figure(rows, "lag_sessions").is_empty():
        return None
    lows = rows["session"].unique().sort().to_list()[-_ROWS:]
    shown = rows.filter(pl.col("session").is_in(lows) & pl.col("lag_sessions").is_not_null())
    lags = shown["lag_sessions"].to_list()
    low, high, ticks = nice(min(*lags, -2) - 1, max(*lags, 2) + 1, ticks=6)
    axis = over_numbers(
        (low, high, ticks), title=Text("交易日（负：指数先见底）", "sessions (negative: index first)").in_(language)
    )
    plot = Plot(axis)
    zero = -low / (high - low) * PLOT_WIDTH
    plot.stroke(zero, zero, 0, PLOT_HEIGHT, GREY, width=0.8)
    for day, strip in zip(lows, row_strips(len(lows)), strict=True):
        counts = Counter(shown.filter(pl.col("session") == day)["lag_sessions"].to_list())
        _lag_row(plot, day, strip, {(lag - low) / (high - low) * PLOT_WIDTH: count for lag, count in counts.items()})
    together = sum(1 for lag in rows["lag_sessions"].to_list() if lag == 0)
    total = rows.height - rows["lag_sessions"].null_count()
    title = Text(
        f"{total} 个指数低点中 {together} 个与维持担保比例同日见底",
        f"{together} of {total} index lows fell on the day of the ratio's low",
    )
    bubbles = Text("圆点面积与数字为指数个数", "the area of a dot, and its number, count indices")
    mechanical = Text(
        "价格是比例的分子，同日见底部分是机械的", "prices are the ratio's numerator: coincidence is partly mechanical"
    )
    return drawn(title, plot, language, bubbles, mechanical)


def _lag_row(plot: Plot, day: date, strip: Strip, counts: dict[float, int]) -> None:
    middle = (strip.top + strip.bottom) / 2
    plot.write(-6, middle, f"{day:%y-%m-%d}", align="right", size=9)
    for x, count in counts.items():
        plot.sign(x, middle, BLUE, size=26 + 14 * count)
        if count > 1:
            plot.write(x, middle + 0.5, str(count), colour=PAPER, align="center", size=7)


_SUBJECTS = (
    ("ratio-lows", Text("比例低点", "ratio lows"), BLUE, "circle"),
    ("pressure-high", Text("压力转高", "high pressure"), ORANGE, "diamond"),
    ("index-lows", Text("指数低点", "index lows"), GREEN, "square"),
    ("all-sessions", Text("全部交易日", "all sessions"), GREY, "triangle-up"),
)


def _record(dossier: Dossier, language: Language) -> Drawn | None:
    rows = rows_of(dossier, "record", session=dossier.as_of)
    if rows.is_empty():
        return None
    plot = Plot(
        over_numbers(
            (0, 100, (0, 25, 50, 75, 100)),
            title=Text("指数走高的占比（%）", "share with a higher index (%)").in_(language),
        )
    )
    half = PLOT_WIDTH / 2
    plot.stroke(half, half, 0, PLOT_HEIGHT, GREY, width=0.8)
    horizons = rows["horizon_sessions"].unique().sort().to_list()
    for horizon, strip in zip(horizons, row_strips(len(horizons)), strict=True):
        plot.write(
            -6, (strip.top + strip.bottom) / 2, Text(f"{horizon} 日", f"{horizon} d").in_(language), align="right"
        )
        inner = (strip.bottom - strip.top - 6) / len(_SUBJECTS)
        for place, (subject, _, colour, shape) in enumerate(_SUBJECTS):
            found = rows.filter((pl.col("subject") == subject) & (pl.col("horizon_sessions") == horizon)).to_dicts()
            if found:
                _record_row(plot, found[0], strip.top + 3 + inner * (place + 0.5), colour, shape)
    plot.key([Entry(text.in_(language), colour, shape) for _, text, colour, shape in _SUBJECTS])
    own = rows.filter((pl.col("subject") == "ratio-lows") & (pl.col("horizon_sessions") == 60)).to_dicts()
    title = _record_title(own[0] if own else {}, language)
    bars = Text(
        "横线为 95% 区间，右侧为事件数；自确认日起计", "bars: 95 % interval; right: events; counted from confirmation"
    )
    return drawn(title, plot, language, bars)


def _record_title(row: Row, language: Language) -> Text:
    if not row or row["higher_share"] is None:
        return Text("低点确认之后指数走高的占比", "How often the index stood higher after a confirmed low")
    share = display(row["higher_share"], Unit.FRACTION, language)
    return Text(
        f"低点确认后 60 个交易日，指数走高 {row['higher']}/{row['events']} 次（{share}）",
        f"Sixty sessions after a confirmed low the index was higher {row['higher']} of {row['events']} times",
    )


def _record_row(plot: Plot, row: Row, y: float, colour: Colour, shape: str) -> None:
    if row["higher_share"] is None:
        return
    if row["share_low"] is not None and row["share_high"] is not None:
        plot.stroke(row["share_low"] * PLOT_WIDTH, row["share_high"] * PLOT_WIDTH, y, y, colour, width=1.2)
    plot.sign(row["higher_share"] * PLOT_WIDTH, y, colour, shape=shape, size=34)
    plot.write(PLOT_WIDTH + 4, y, f"n={row['events']:,}", size=9)


def _fit(dossier: Dossier, language: Language) -> Drawn | None:
    row = today(dossier, "fit")
    rows = rows_of(dossier, "fit")
    if not row or row["slope"] is None:
        return None
    points = rows.select("session", "close", "maintenance_ratio").drop_nulls().sort("session")
    weekly = points.gather_every(_SCATTER)
    closes, ratios = points["close"].to_list(), points["maintenance_ratio"].to_list()
    low, high, ticks = nice(min(closes), max(closes), ticks=5)
    index = find_index(str(row["index"]))
    name = index.label.in_(language) if index else str(row["index"])
    axis = over_numbers(
        (max(low, 1.0), high, ticks), title=Text(f"{name}（对数）", f"{name} (log)").in_(language), logarithmic=True
    )
    plot = Plot(axis)
    where = band([ratio * 100 for ratio in ratios], unit="%")
    parts = {SKY: weekly.head(weekly.height // 2), BLUE: weekly.tail(weekly.height - weekly.height // 2)}
    for colour, part in parts.items():
        dots: list[Spec] = [{"h": rounded(c), "v": rounded(r * 100)} for _, c, r in part.iter_rows()]
        plot.dots(where, dots, colour, size=5, opacity=0.55)
    ends = (min(closes), max(closes))
    line = [{"h": rounded(c), "v": rounded((row["intercept"] + row["slope"] * log(c)) * 100)} for c in ends]
    plot.draw(where, line, {"type": "line", "stroke": ORANGE.light, "strokeWidth": 1.4})
    here: list[Spec] = [{"h": rounded(row["close"]), "v": rounded(row["maintenance_ratio"] * 100)}]
    plot.dots(where, here, ORANGE, size=60, filled=False)
    middle = weekly["session"][weekly.height // 2]
    plot.key([
        Entry(Text(f"{middle:%Y-%m} 以前", f"before {middle:%Y-%m}").in_(language), SKY, "circle"),
        Entry(Text("以后", "after").in_(language), BLUE, "circle"),
        Entry(Text("当日", "today").in_(language), ORANGE, "circle"),
    ])  # fmt: skip
    off = display(row["residual_sigma"], Unit.SIGMA, language, signed=True)
    quality = display(row["r_squared"], Unit.FRACTION, language)
    title = Text(
        f"比例偏离其对{name}的拟合线 {off}（R² {quality}）",
        f"The ratio stands {off} off its line on {name} (R² {quality})",
    )
    return drawn(title, plot, language, Text("每周一点", "one session a week"))


def _residual(dossier: Dossier, language: Language) -> Drawn | None:
    points = series(dossier, "fit", "residual_sigma")
    found = stated(points)
    if not found:
        return None
    plot = Plot(over_time(found[0][0], dossier.as_of))
    whole = band([*(value for _, value in found), -2.0, 2.0], unit="σ")
    for value, dash in ((0.0, None), (2.0, DASHED), (-2.0, DASHED)):
        plot.level(whole, value, dash=dash or (1, 0))
    kept, remark = thinned(points)
    plot.line(whole, kept, BLUE)
    plot.ends(whole, [(found[-1][1], f"{found[-1][1]:+.2f}".replace("-", "−"), BLUE)])
    off = display(found[-1][1], Unit.SIGMA, language, signed=True)
    title = Text(f"拟合残差 {off}，每一日只用当日及以前的数据", f"Residual {off}; each day's line knows no later day")
    return drawn(title, plot, language, remark)


_RATIO = Text("市场平均维持担保比例", "the market's average maintenance ratio")
_BOTH = Text("维持担保比例与指数收盘", "maintenance ratios and index closes")

FIGURES: tuple[Figure, ...] = (
    Figure(
        "ratio",
        ("lows",),
        Text("维持担保比例、低点与指数", "Maintenance ratio, its lows and the index"),
        _RATIO,
        _ratio,
        wide=True,
    ),
    Figure("lags", ("lows",), Text("指数低点相对比例低点的先后", "Lead and lag of the indices' lows"), _BOTH, _lags),
    Figure("record", ("record",), Text("低点与压力的历史记录", "Record of lows and pressure"), _BOTH, _record),
    Figure("fit", ("fit",), Text("维持担保比例对指数的拟合", "Maintenance ratio fitted on an index"), _BOTH, _fit),
    Figure("residual", ("fit",), Text("拟合残差", "Residual of the fit"), _BOTH, _residual),
)
