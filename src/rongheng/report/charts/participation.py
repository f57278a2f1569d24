"""Figures of the chapter on who takes part: investors with debt, their debt, collateral without debt.

What lives here: what each of these figures shows and says. What does not: any number that no reading has.
"""

from __future__ import annotations

from rongheng.basics.text import Language, Text
from rongheng.basics.units import Unit
from rongheng.findings.dossier import Dossier
from rongheng.report.charts.figure import Drawn, Figure, drawn, thinned
from rongheng.report.drawing import Entry, Plot, band, over_time, stack
from rongheng.report.facts import series, stated, today
from rongheng.report.numbers import Scale, display
from rongheng.report.theme import BLUE, GREEN, ORANGE, PLOT_WIDTH

_PEOPLE: dict[Language, Scale] = {"zh": Scale(1e4, Text("万名", "10,000"), 1), "en": Scale(1e6, Text("百万", "mn"), 2)}
_EACH: dict[Language, Scale] = {
    "zh": Scale(1e4, Text("万元", "CNY 10,000"), 1),
    "en": Scale(1e6, Text("百万元", "CNY mn"), 2),
}
_STOCK = Scale(1e12, Text("万亿元", "CNY tn"), 2)


def _investors(dossier: Dossier, language: Language) -> Drawn | None:
    scale = _PEOPLE[language]
    indebted = series(dossier, "participation", "indebted_count", scale=scale.divisor)
    active = series(dossier, "participation", "active_count", scale=scale.divisor)
    if not stated(indebted) and not stated(active):
        return None
    begin = min(points[0][0] for points in (stated(indebted), stated(active)) if points)
    plot = Plot(over_time(begin, dossier.as_of))
    parts = (
        (indebted, Text("有负债的投资者", "investors with debt"), BLUE),
        (active, Text("参与交易的投资者", "investors who traded"), GREEN),
    )
    remark = None
    for strip, (points, name, colour) in zip(stack(1.3, 1), parts, strict=True):
        found = stated(points)
        where = band([value for _, value in found], strip=strip, unit=scale.label.in_(language), zero=True, ticks=3)
        kept, remark = thinned([point for point in points if point[0] >= begin])
        plot.line(where, kept, colour)
        plot.ends(where, [(value, f"{value:.{scale.decimals}f}", colour) for _, value in found[-1:]])
        plot.write(PLOT_WIDTH, strip.top - 9, name.in_(language), align="right")
    row = today(dossier, "participation")
    count = display(row.get("indebted_count"), Unit.COUNT, language)
    part = display(row.get("active_share"), Unit.FRACTION, language)
    title = Text(
        f"有负债的投资者 {count}，当日 {part} 的投资者参与交易",
        f"{count} investors owe; {part} of all traded on the day",
    )
    return drawn(title, plot, language, remark)


def _debt(dossier: Dossier, language: Language) -> Drawn | None:
    scale = _EACH[language]
    points = series(dossier, "participation", "debt_per_indebted", scale=scale.divisor)
    found = stated(points)
    if not found:
        return None
    plot = Plot(over_time(found[0][0], dossier.as_of))
    where = band([value for _, value in found], unit=scale.label.in_(language))
    kept, remark = thinned([point for point in points if point[0] >= found[0][0]])
    plot.line(where, kept, BLUE)
    plot.ends(where, [(value, f"{value:.{scale.decimals}f}", BLUE) for _, value in found[-1:]])
    each = display(found[-1][1] * scale.divisor, Unit.YUAN, language)
    title = Text(f"每位有负债的投资者平均负债 {each}", f"An investor with debt owes {each} on average")
    return drawn(title, plot, language, remark)


def _collateral(dossier: Dossier, language: Language) -> Drawn | None:
    total = series(dossier, "participation", "collateral_total", scale=_STOCK.divisor)
    owing = series(dossier, "participation", "collateral_of_indebted", scale=_STOCK.divisor)
    found = stated(total)
    if not found or not stated(owing):
        return None
    begin = found[0][0]
    plot = Plot(over_time(begin, dossier.as_of))
    where = band([value for _, value in found], unit=_STOCK.label.in_(language), zero=True)
    kept, remark = thinned([point for point in total if point[0] >= begin])
    below, _ = thinned([point for point in owing if point[0] >= begin])
    plot.area(where, below, BLUE, opacity=0.25)
    plot.line(where, kept, ORANGE)
    plot.line(where, below, BLUE)
    ends = [(found[-1][1], f"{found[-1][1]:.2f}", ORANGE), (stated(owing)[-1][1], f"{stated(owing)[-1][1]:.2f}", BLUE)]
    plot.ends(where, ends)
    plot.key([
        Entry(Text("担保物总额", "all collateral").in_(language), ORANGE),
        Entry(Text("有负债账户", "accounts with debt").in_(language), BLUE),
    ])  # fmt: skip
    row = today(dossier, "participation")
    part = display(row.get("without_debt_share"), Unit.FRACTION, language)
    amount = display(row.get("collateral_without_debt"), Unit.YUAN, language)
    title = Text(
        f"无负债账户的担保物约 {amount}，占 {part}",
        f"Accounts without debt hold about {amount}, {part} of all collateral",
    )
    how = Text("有负债账户 = 维持担保比例 × 两融余额", "accounts with debt = ratio × margin balance")
    return drawn(title, plot, language, how, remark)


def _cover(dossier: Dossier, language: Language) -> Drawn | None:
    parts = (
        ("total_to_debt", Text("担保物总额/两融余额", "all collateral / debt"), ORANGE),
        ("maintenance_ratio", Text("平均维持担保比例", "average maintenance ratio"), BLUE),
    )
    lines = {name: series(dossier, "participation", name, scale=0.01) for name, _, _ in parts}
    if any(not stated(points) for points in lines.values()):
        return None
    begin = min(stated(points)[0][0] for points in lines.values())
    plot = Plot(over_time(begin, dossier.as_of))
    where = band([value for points in lines.values() for _, value in points], unit="%")
    remark = None
    for name, _, colour in parts:
        kept, remark = thinned([point for point in lines[name] if point[0] >= begin])
        plot.line(where, kept, colour)
    ends = [(stated(lines[name])[-1][1], f"{stated(lines[name])[-1][1]:.0f}", colour) for name, _, colour in parts]
    plot.ends(where, ends)
    plot.key([Entry(text.in_(language), colour) for _, text, colour in parts])
    row = today(dossier, "participation")
    whole, own = (display(row.get(name), Unit.RATIO, language) for name in ("total_to_debt", "maintenance_ratio"))
    title = Text(
        f"担保物总额为债务的 {whole}，高于公布的平均比例 {own}",
        f"All collateral is {whole} of debt, the published average ratio {own}",
    )
    why = Text(
        "总额含无负债账户，不能用来推算平均比例", "the total counts accounts without debt: it does not give the ratio"
    )
    return drawn(title, plot, language, why, remark)


_COUNTS = Text("有负债与参与交易的投资者数量", "counts of investors with debt and of those who traded")

FIGURES: tuple[Figure, ...] = (
    Figure("investors", ("participation",), Text("投资者数量", "Investors"), _COUNTS, _investors),
    Figure(
        "debt-each",
        ("participation",),
        Text("有负债者人均负债", "Debt per investor with debt"),
        Text("两融余额与有负债的投资者数量", "margin balances and counts of investors with debt"),
        _debt,
    ),
    Figure(
        "collateral",
        ("participation",),
        Text("担保物总额与有负债账户的担保物", "Collateral, in all and of accounts with debt"),
        Text("担保物总价值与维持担保比例", "total collateral and maintenance ratios"),
        _collateral,
    ),
    Figure(
        "cover",
        ("participation",),
        Text("担保物总额与债务之比", "All collateral over debt"),
        Text("担保物总价值、两融余额与维持担保比例", "total collateral, balances and maintenance ratios"),
        _cover,
    ),
)
