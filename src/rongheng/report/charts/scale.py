"""Figures of the chapter on scale and trend: balance, net financing, weight in the market, cost of the money.

What lives here: what each of these figures shows and says. What does not: any number that no reading has.
"""

from __future__ import annotations

from datetime import date, timedelta

from rongheng.basics.ids import find_index
from rongheng.basics.text import Language, Text
from rongheng.basics.units import Unit
from rongheng.findings.dossier import Dossier
from rongheng.report.charts.figure import Drawn, Figure, drawn, thinned
from rongheng.report.drawing import Entry, Plot, Point, Strip, band, over_time, stack
from rongheng.report.facts import Row, last_of_each, panel_series, rows_of, series, stated, today
from rongheng.report.numbers import Scale, display
from rongheng.report.theme import BLUE, DASHED, GREY, ORANGE, PLOT_WIDTH

# Axes of money: balances in trillions, flows in hundreds of millions (zh) or billions (en).
_TRILLIONS = Scale(1e12, Text("万亿元", "CNY tn"), 2)
_FLOWS: dict[Language, Scale] = {
    "zh": Scale(1e8, Text("亿元", "CNY 100 mn"), 0),
    "en": Scale(1e9, Text("十亿元", "CNY bn"), 1),
}
_LARGE = 2e11  # yuan: from here on, trillions with two decimals tell enough
_RECENT = 60  # sessions: about a quarter
_QUARTERS = 40  # ten years


def _balance(dossier: Dossier, language: Language) -> Drawn | None:
    levels = series(dossier, "balance", "margin_balance")
    if not stated(levels):
        return None
    upper, lower = stack(1.7, 1)
    plot = Plot(over_time(levels[0][0], dossier.as_of))
    remark = _level(plot, levels, upper, language)
    flow = _FLOWS[language]
    months = last_of_each(series(dossier, "balance", "net_financing_month", scale=flow.divisor), period="month")
    _flows(plot, months, lower, flow, language)
    _subtitle(plot, lower, Text("每月净融资", "net financing by month"), language)
    row = today(dossier, "balance")
    level = display(row.get("margin_balance"), Unit.YUAN, language)
    fall = display(row.get("change_since_peak_fraction"), Unit.FRACTION, language, signed=True)
    peak = display(row.get("last_peak_session"), Unit.DATE, language)
    title = Text(
        f"两融余额 {level}；融资余额较 {peak} 峰值 {fall}",
        f"Margin balance {level}; financing {fall} against its peak of {peak}",
    )
    return drawn(title, plot, language, remark)


def _recent(dossier: Dossier, language: Language) -> Drawn | None:
    levels = series(dossier, "balance", "financing_balance")[-_RECENT:]
    if len(stated(levels)) < 2:
        return None
    upper, lower = stack(1.2, 1)
    plot = Plot(over_time(levels[0][0], dossier.as_of))
    _level(plot, levels, upper, language, zero=False)
    flow = _FLOWS[language]
    days = stated(series(dossier, "balance", "financing_change_1", scale=flow.divisor)[-_RECENT:])
    _flows(plot, days, lower, flow, language)
    _subtitle(plot, lower, Text("每日净融资", "net financing by session"), language)
    row = today(dossier, "balance")
    day = display(row.get("financing_change_1"), Unit.YUAN, language, signed=True)
    week = display(row.get("financing_change_5"), Unit.YUAN, language, signed=True)
    title = Text(f"融资余额当日 {day}，五个交易日 {week}", f"Financing {day} on the day, {week} over five sessions")
    return drawn(title, plot, language)


def _quarters(dossier: Dossier, language: Language) -> Drawn | None:
    flow = _FLOWS[language]
    every = last_of_each(series(dossier, "balance", "net_financing_quarter", scale=flow.divisor), period="quarter")
    if len(every) < 2:
        return None
    shown = every[-_QUARTERS:]
    plot = Plot(over_time(shown[0][0] - timedelta(days=60), dossier.as_of + timedelta(days=30)))
    whole = Strip(0, plot.height)
    _flows(plot, shown, whole, flow, language)
    (_, before), (_, now) = shown[-2:]
    names = [f"{day.year}Q{(day.month + 2) // 3}" for day, _ in shown[-2:]]
    amounts = [display(value * flow.divisor, Unit.YUAN, language, signed=True) for value in (before, now)]
    title = Text(
        f"{names[0]} 净融资 {amounts[0]}，{names[1]} 截至当日 {amounts[1]}",
        f"Net financing {amounts[0]} in {names[0]}, {amounts[1]} in {names[1]} to date",
    )
    return drawn(title, plot, language)


def _share(dossier: Dossier, language: Language) -> Drawn | None:
    points = series(dossier, "share", "margin_share", scale=0.01)
    found = stated(points)
    if not found:
        return None
    last, value = found[-1]
    plot = Plot(over_time(found[0][0], last))
    whole = band([value for _, value in found], unit="%", zero=True)
    kept, remark = thinned([point for point in points if found[0][0] <= point[0] <= last])
    plot.line(whole, kept, BLUE)
    plot.ends(whole, [(value, f"{value:.2f}", BLUE)])
    level = display(value / 100, Unit.FRACTION, language)
    title = Text(f"两融余额占流通市值 {level}（{last}）", f"Margin balance is {level} of float market cap ({last})")
    ended = None if last == dossier.as_of else Text(f"流通市值数据止于 {last}", f"float cap is known to {last}")
    return drawn(title, plot, language, remark, ended)


def _buys(dossier: Dossier, language: Language) -> Drawn | None:
    by_month = rows_of(dossier, "share.month")
    name, what = (
        ("share", Text("每日", "daily")) if by_month.is_empty() else ("share.month", Text("按月合计", "by month"))
    )
    points = series(dossier, name, "buys_share", scale=0.01)
    found = stated(points)
    if not found:
        return None
    plot = Plot(over_time(found[0][0], dossier.as_of))
    whole = band([value for _, value in found], unit="%", zero=True)
    kept, remark = thinned([point for point in points if point[0] >= found[0][0]])
    plot.line(whole, kept, BLUE)
    plot.ends(whole, [(found[-1][1], f"{found[-1][1]:.2f}", BLUE)])
    row = today(dossier, "share")
    level = display(row.get("buys_share"), Unit.FRACTION, language)
    place = display(row.get("buys_share_percentile"), Unit.FRACTION, language)
    title = Text(
        f"融资买入占成交额 {level}，历史分位 {place}", f"Financing buys are {level} of turnover, percentile {place}"
    )
    return drawn(title, plot, language, what, remark)


def _cost(dossier: Dossier, language: Language) -> Drawn | None:
    row = today(dossier, "weighted-cost")
    index = find_index(str(row.get("index")))
    if index is None or row.get("cost") is None or row.get("start") is None:
        return None
    closes = panel_series(dossier, f"{index.prefix}_close", since=row["start"])
    if len(stated(closes)) < 2:
        return None
    plot = Plot(over_time(closes[0][0], dossier.as_of))
    meaningful = row.get("verdict") == "meaningful"
    levels = [row["cost"]] if meaningful else []
    whole = band([*(value for _, value in closes), *levels], unit=Text("点", "points").in_(language))
    plot.line(whole, closes, BLUE)
    entries = [Entry(index.label.in_(language), BLUE)]
    ends = [(value, f"{value:,.0f}", BLUE) for _, value in stated(closes)[-1:]]
    for level in levels:
        plot.level(whole, level, colour=ORANGE, dash=DASHED)
        ends.append((level, f"{level:,.0f}", ORANGE))
        entries.append(Entry(Text("加权成本", "weighted cost").in_(language), ORANGE, "dashed"))
    plot.ends(whole, ends)
    plot.key(entries)
    return drawn(_cost_title(row, language, meaningful=meaningful), plot, language)


def _cost_title(row: Row, language: Language, *, meaningful: bool) -> Text:
    if not meaningful:
        part = display(row.get("net_to_gross"), Unit.FRACTION, language)
        return Text(
            f"{row['start']} 以来净变动仅为绝对变动的 {part}，加权成本没有意义",
            f"Since {row['start']} the net change is {part} of the gross: no cost can be told",
        )
    gap = display(row.get("close_to_cost"), Unit.FRACTION, language, signed=True)
    return Text(
        f"{row['start']} 以来融资加权成本 {row['cost']:,.0f} 点，现价相对成本 {gap}",
        f"Financing since {row['start']} came in at {row['cost']:,.0f} points; the index stands {gap} to it",
    )


def _level(plot: Plot, levels: list[Point], strip: Strip, language: Language, *, zero: bool = True) -> Text | None:
    """Draw a balance as a filled line with its last value; return the remark that it was thinned, if it was."""
    large = max(value for _, value in stated(levels)) >= _LARGE
    scale = _TRILLIONS if large else _FLOWS[language]
    scaled = [(day, None if value is None else value / scale.divisor) for day, value in levels]
    where = band([value for _, value in scaled], strip=strip, unit=scale.label.in_(language), zero=zero)
    kept, remark = thinned(scaled)
    plot.area(where, kept, BLUE)
    plot.line(where, kept, BLUE)
    plot.ends(where, [(value, f"{value:,.{scale.decimals}f}", BLUE) for _, value in stated(scaled)[-1:]])
    return remark


def _flows(plot: Plot, points: list[tuple[date, float]], strip: Strip, flow: Scale, language: Language) -> None:
    """Draw flows as bars from zero: what came in in blue, what went out in orange."""
    ticks = 2 if strip.bottom - strip.top < PLOT_WIDTH / 4 else 5
    where = band([value for _, value in points], strip=strip, unit=flow.label.in_(language), zero=True, ticks=ticks)
    width = max(0.8, min(6.0, PLOT_WIDTH / max(len(points), 1) * 0.7))
    plot.level(where, 0, colour=GREY)
    plot.sticks(where, [point for point in points if point[1] >= 0], BLUE, width=width)
    plot.sticks(where, [point for point in points if point[1] < 0], ORANGE, width=width)


def _subtitle(plot: Plot, strip: Strip, text: Text, language: Language) -> None:
    plot.write(PLOT_WIDTH, strip.top - 11, text.in_(language), align="right")


_BALANCES = Text("融资余额或两融余额（日）", "daily financing or margin balances")

FIGURES: tuple[Figure, ...] = (
    Figure(
        "balance",
        ("balance",),
        Text("两融余额与每月净融资", "Margin balance and monthly net financing"),
        _BALANCES,
        _balance,
    ),
    Figure(
        "balance-recent",
        ("balance",),
        Text("近 60 个交易日的融资余额", "Financing balance, the last 60 sessions"),
        _BALANCES,
        _recent,
    ),
    Figure("quarters", ("balance",), Text("各季净融资", "Net financing by quarter"), _BALANCES, _quarters),
    Figure(
        "share",
        ("share",),
        Text("两融余额占流通市值", "Margin balance over float market cap"),
        Text("两融余额与流通市值", "margin balances and float market cap"),
        _share,
    ),
    Figure(
        "buys",
        ("share",),
        Text("融资买入额占 A 股成交额", "Financing buys over A-share turnover"),
        Text("融资买入额与沪深两市成交额", "financing buys and turnover of Shanghai and Shenzhen"),
        _buys,
    ),
    Figure(
        "cost",
        ("weighted-cost",),
        Text("融资加权成本与指数", "Weighted cost of financing and the index"),
        Text("融资余额与指数收盘", "financing balances and index closes"),
        _cost,
    ),
)
