"""The sentences of a note: what is said, in words, about the numbers of a dossier, each with what it rests on.

What lives here: one function per chapter, and the headline. What does not: any number that no reading has, and where
a sentence stands on the page (``chapters``). A sentence whose numbers are missing is not said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from rongheng.basics.grades import Grade, worst
from rongheng.basics.ids import find_index
from rongheng.basics.text import Language, Text
from rongheng.basics.units import Unit
from rongheng.findings.dossier import Dossier
from rongheng.report.facts import rows_of, today, with_figure
from rongheng.report.numbers import display
from rongheng.report.words import verdict

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence, the indicator whose reading it rests on, and that reading's date and grade."""

    text: str
    indicator: str
    as_of: date
    grade: Grade


@dataclass(frozen=True, slots=True)
class Numbers:
    """The figures of one row as they are written in a sentence of one language."""

    row: Row
    language: Language

    def __call__(self, name: str, unit: Unit = Unit.FRACTION, *, signed: bool = False) -> str:
        """Return the figure of that name with its unit."""
        return display(self.row.get(name), unit, self.language, signed=signed)

    def rule(self, name: str) -> str:
        """Return a share that a rule sets, which is a whole number of percent nearly always."""
        return self(name).replace(".00", "")

    def has(self, *names: str) -> bool:
        """Say whether the row has all of these figures."""
        return all(self.row.get(name) is not None for name in names)

    def index(self, name: str = "index") -> str:
        """Return the name of the index that the row is about."""
        found = find_index(str(self.row.get(name)))
        return found.label.in_(self.language) if found else str(self.row.get(name))


def claim(row: Row, indicator: str, language: Language, text: Text, *, published: bool = False) -> Claim:
    """Return a sentence about a row of an indicator, with the row's date and grade."""
    own = Grade(str(row["grade"])) if row.get("grade") else Grade.DERIVED
    return Claim(text.in_(language), indicator, row["as_of"], own if published else worst(own, Grade.DERIVED))


def of_scale(dossier: Dossier, language: Language) -> Iterator[Claim]:
    """Say how large margin trading is and where it goes."""
    yield from _of_balance(dossier, language)
    row = today(dossier, "share")
    n = Numbers(row, language)
    if n.has("margin_share"):
        text = Text(
            f"两融余额占流通市值 {n('margin_share')}，历史分位 {n('margin_share_percentile')}；"
            f"一年间余额 {n('margin_growth', signed=True)}，流通市值 {n('float_cap_growth', signed=True)}。",
            f"The margin balance is {n('margin_share')} of float market cap (percentile "
            f"{n('margin_share_percentile')}); over a year the balance moved "
            f"{n('margin_growth', signed=True)}, the float cap {n('float_cap_growth', signed=True)}.",
        )
        yield claim(row, "share", language, text)
    if n.has("buys_share"):
        text = Text(
            f"融资买入额 {n('financing_buys', Unit.YUAN)}，占沪深 A 股成交额 {n('turnover', Unit.YUAN)} 的 "
            f"{n('buys_share')}，历史分位 {n('buys_share_percentile')}。",
            f"Financing buys of {n('financing_buys', Unit.YUAN)} were {n('buys_share')} of A-share turnover of "
            f"{n('turnover', Unit.YUAN)}, percentile {n('buys_share_percentile')}.",
        )
        yield claim(row, "share", language, text)
    yield from _of_cost(dossier, language)


def _of_balance(dossier: Dossier, language: Language) -> Iterator[Claim]:
    row = today(dossier, "balance")
    n = Numbers(row, language)
    if n.has("margin_balance"):
        text = Text(
            f"两融余额 {n('margin_balance', Unit.YUAN)}（融资 {n('financing_balance', Unit.YUAN)}，融券 "
            f"{n('short_balance', Unit.YUAN)}），较上一交易日 {n('margin_change_1', Unit.YUAN, signed=True)}"
            f"（{n('margin_change_1_fraction', signed=True)}），较五个交易日前 "
            f"{n('margin_change_5', Unit.YUAN, signed=True)}（{n('margin_change_5_fraction', signed=True)}）。",
            f"The margin balance is {n('margin_balance', Unit.YUAN)} (financing {n('financing_balance', Unit.YUAN)}, "
            f"short {n('short_balance', Unit.YUAN)}): {n('margin_change_1', Unit.YUAN, signed=True)} on the day "
            f"({n('margin_change_1_fraction', signed=True)}), {n('margin_change_5', Unit.YUAN, signed=True)} over five "
            f"sessions ({n('margin_change_5_fraction', signed=True)}).",
        )
        yield claim(row, "balance", language, text)
    if n.has("change_since_peak", "change_since_trough"):
        ends = [_since(n, name) for name in ("peak", "trough")]
        text = Text(f"融资余额{ends[0].zh}，{ends[1].zh}。", f"Financing {ends[0].en} and {ends[1].en}.")
        yield claim(row, "balance", language, text)
    if n.has("net_financing_month", "net_financing_quarter"):
        month, quarter = (n(f"net_financing_{name}", Unit.YUAN, signed=True) for name in ("month", "quarter"))
        text = Text(
            f"净融资：当月至今 {month}，当季至今 {quarter}。",
            f"Net financing: {month} this month, {quarter} this quarter.",
        )
        yield claim(row, "balance", language, text)


def _since(n: Numbers, name: str) -> Text:
    """Say how far the financing balance stands from its last peak or trough, or that it stands there today."""
    words = {"peak": Text("峰值", "peak"), "trough": Text("谷值", "trough")}[name]
    day = n(f"last_{name}_session", Unit.DATE)
    if n.row[f"last_{name}_session"] == n.row["session"]:
        return Text(f"当日处于本轮{words.zh}", f"is at its {words.en} of this leg")
    amount = n(f"change_since_{name}", Unit.YUAN, signed=True)
    part = n(f"change_since_{name}_fraction", signed=True)
    return Text(f"较 {day} 的{words.zh} {amount}（{part}）", f"stands {amount} ({part}) from its {words.en} of {day}")


def _of_cost(dossier: Dossier, language: Language) -> Iterator[Claim]:
    row = today(dossier, "weighted-cost")
    n = Numbers(row, language)
    if not n.has("cost", "close"):
        return
    cost, close, start = n("cost", Unit.POINTS), n("close", Unit.POINTS), n("start", Unit.DATE)
    gap, net = n("close_to_cost", signed=True), n("net_to_gross")
    if row.get("verdict") == "meaningful":
        text = Text(
            f"自 {start} 以来净流入的融资，按{n.index()}计的加权成本为 {cost}，收盘 {close} 相对成本 {gap}。",
            f"Net financing since {start} came in at {cost} on the {n.index()}; the close of {close} stands {gap} "
            "to it.",
        )
    else:
        text = Text(
            f"自 {start} 以来融资的净变动仅为各日绝对变动之和的 {net}，加权成本没有意义。",
            f"Since {start} the net change of financing is {net} of the sum of its daily changes: no weighted cost can "
            "be told.",
        )
    yield claim(row, "weighted-cost", language, text)


def of_leverage(dossier: Dossier, language: Language) -> Iterator[Claim]:
    """Say how leveraged the average account is and how far prices may fall."""
    row = today(dossier, "leverage")
    n = Numbers(row, language)
    if n.has("leverage"):
        text = Text(
            f"平均维持担保比例 {n('maintenance_ratio', Unit.RATIO)} 意味着平均杠杆 {n('leverage', Unit.TIMES)}；"
            f"融资保证金比例 {n.rule('margin_ratio')} 之下，以现金开仓的上限为 {n('ceiling', Unit.TIMES)}，"
            f"已用 {n('ceiling_use')}。",
            f"An average maintenance ratio of {n('maintenance_ratio', Unit.RATIO)} means an average leverage of "
            f"{n('leverage', Unit.TIMES)}; at a financing margin ratio of {n.rule('margin_ratio')} cash allows at most "
            f"{n('ceiling', Unit.TIMES)}, of which {n('ceiling_use')} is used.",
        )
        yield claim(row, "leverage", language, text)
    row = today(dossier, "safety-distance")
    n = Numbers(row, language)
    if n.has("fall_to_liquidation"):
        warning, call, liquidation = (n(f"fall_to_{name}") for name in ("warning", "call", "liquidation"))
        text = Text(
            f"平均账户的担保品须均匀下跌 {warning} 触及警戒线、{call} 触及追保线、{liquidation} 触及平仓线。",
            f"The average account's collateral must fall by {warning} to its warning line, {call} to its call line and "
            f"{liquidation} to its liquidation line.",
        )
        yield claim(row, "safety-distance", language, text)
    yield from _of_falls(dossier, language)


def _of_falls(dossier: Dossier, language: Language) -> Iterator[Claim]:
    rows = with_figure(rows_of(dossier, "safety-distance", session=dossier.as_of), "distance_to_fall")
    if rows.is_empty():
        return
    row = rows.sort("distance_to_fall", nulls_last=True).row(0, named=True)
    n = Numbers(row, language)
    times, fall = n("distance_to_fall", Unit.TIMES), n("largest_fall")
    high, low = n("stage_high_session", Unit.DATE), n("stage_low_session", Unit.DATE)
    text = Text(
        f"各指数中以{n.index()}近一年内的最大跌幅为最（{high} 至 {low}，{fall}）；至平仓线的跌幅是它的 {times}。",
        f"Of the indices {n.index()} fell most within a year ({fall}, {high} to {low}); the fall to the liquidation "
        f"line is {times} of that.",
    )
    yield claim(row, "safety-distance", language, text)


def of_bottoms(dossier: Dossier, language: Language) -> Iterator[Claim]:
    """Say what the lows of the ratio were worth, and how little a few events prove."""
    rows = rows_of(dossier, "lows")
    if rows.height:
        lows = rows.unique("session", keep="first", maintain_order=True).sort("session")
        row = lows.row(-1, named=True)
        n = Numbers(row, language)
        text = Text(
            f"按同一条显著度规则，截至当日共确认 {lows.height} 个低点；最近一个是 {n('session', Unit.DATE)} 的 "
            f"{n('ratio', Unit.RATIO)}，到 {n('confirmed', Unit.DATE)} 才得以确认。",
            f"One rule of prominence has confirmed {lows.height} lows so far; the last is "
            f"{n('ratio', Unit.RATIO)} on {n('session', Unit.DATE)}, which could not be called before "
            f"{n('confirmed', Unit.DATE)}.",
        )
        yield claim(row, "lows", language, text)
        yield from _of_lags(rows, row, language)
    yield from _of_record(dossier, language)
    yield from _of_fit(dossier, language)


def _of_lags(rows: pl.DataFrame, row: Row, language: Language) -> Iterator[Claim]:
    lags = rows["lag_sessions"].drop_nulls()
    if lags.is_empty():
        return
    same, before, after = (int(found.sum()) for found in (lags == 0, lags < 0, lags > 0))
    text = Text(
        f"低点前后的 {lags.len()} 个指数低点中，{same} 个同日，{before} 个在前，{after} 个在后；"
        "价格是比例的分子，同日见底部分是机械的，不能当作预测。",
        f"Of {lags.len()} index lows around them {same} fell on the same day, {before} before and {after} after; "
        "prices are the ratio's numerator, so that coincidence is partly mechanical and no forecast.",
    )
    yield claim(row, "lows", language, text)


def _of_record(dossier: Dossier, language: Language) -> Iterator[Claim]:
    found = {row["subject"]: row for row in rows_of(dossier, "record", horizon_sessions=60).to_dicts()}
    own, base = found.get("ratio-lows"), found.get("all-sessions")
    if own is None or own["higher_share"] is None:
        return
    n, b = Numbers(own, language), Numbers(base or {}, language)
    text = Text(
        f"自确认日起计 60 个交易日，{n.index()}走高 {own['higher']}/{own['events']} 次，占 {n('higher_share')}"
        f"（95% 区间 {n('share_low')} 至 {n('share_high')}），全部交易日为 {b('higher_share')}。"
        "事件少且相互重叠：几次吻合不构成规律。",
        f"Sixty sessions after confirmation the {n.index()} stood higher {own['higher']} of {own['events']} times, "
        f"{n('higher_share')} (95% interval {n('share_low')} to {n('share_high')}); over all sessions it was "
        f"{b('higher_share')}. The events are few and overlap: a handful that fit are not a law.",
    )
    yield claim(own, "record", language, text)


def _of_fit(dossier: Dossier, language: Language) -> Iterator[Claim]:
    row = today(dossier, "fit")
    n = Numbers(row, language)
    if not n.has("residual_sigma"):
        return
    r_squared, watson = row["r_squared"], row["durbin_watson"]
    spurious = Text("", "")
    if watson is not None and r_squared > watson:
        spurious = Text(
            "R² 大于 Durbin-Watson 值，多半是伪回归，只可作描述。",
            " R² exceeds Durbin-Watson: likely spurious, a description only.",
        )
    text = Text(
        f"比例对{n.index()}对数的拟合值为 {n('fitted', Unit.RATIO)}，当日偏离 "
        f"{n('residual_sigma', Unit.SIGMA, signed=True)}（R² {n('r_squared')}，Durbin-Watson {watson:.2f}）。"
        f"{spurious.zh}",
        f"The line of the ratio on the log of the {n.index()} gives {n('fitted', Unit.RATIO)}; the day stands "
        f"{n('residual_sigma', Unit.SIGMA, signed=True)} off it (R² {n('r_squared')}, Durbin-Watson {watson:.2f})."
        f"{spurious.en}",
    )
    yield claim(row, "fit", language, text)


def of_pressure(dossier: Dossier, language: Language) -> Iterator[Claim]:
    """Say what the verdict is, what would change it, and what the collateral did."""
    row = today(dossier, "pressure", criterion="overall")
    if row:
        said = verdict(row["verdict"])
        text = Text(f"总体：{said.zh}。{row['evidence_zh']}", f"Overall: {said.en}. {row['evidence_en']}")
        yield claim(row, "pressure", language, text)
    row = today(dossier, "participation")
    n = Numbers(row, language)
    if n.has("collateral_of_indebted", "collateral_total"):
        text = Text(
            f"担保物总额 {n('collateral_total', Unit.YUAN)}，其中有负债账户约 {n('collateral_of_indebted', Unit.YUAN)}"
            f"（比例 × 债务），其余 {n('collateral_without_debt', Unit.YUAN)}（{n('without_debt_share')}）没有负债。",
            f"Collateral is {n('collateral_total', Unit.YUAN)} in all, of which accounts with debt hold about "
            f"{n('collateral_of_indebted', Unit.YUAN)} (ratio × debt) and accounts without debt "
            f"{n('collateral_without_debt', Unit.YUAN)} ({n('without_debt_share')}).",
        )
        yield claim(row, "participation", language, text)
    yield from _of_gap(dossier, language)


def _of_gap(dossier: Dossier, language: Language) -> Iterator[Claim]:
    rows = with_figure(rows_of(dossier, "collateral-gap"), "gap")
    if rows.is_empty():
        return
    row = rows.sort("session", "window").row(-1, named=True)
    n = Numbers(row, language)
    collateral, index = n("collateral_change", signed=True), n("index_change", signed=True)
    gap = n("gap", signed=True)
    text = Text(
        f"至 {row['session']} 的 {row['window']} 个交易日，担保物变动 {collateral}，指数变动 {index}，差 {gap}。",
        f"Over {row['window']} sessions to {row['session']} collateral moved {collateral} and the index {index}: a gap "
        f"of {gap}.",
    )
    yield claim(row, "collateral-gap", language, text)


def of_extremes(dossier: Dossier, language: Language) -> Iterator[Claim]:
    """Say what the largest moves were."""
    rows = rows_of(dossier, "extremes", rank=1)
    if rows.is_empty():
        return
    for row in rows.sort("window_sessions", "direction").to_dicts():
        n = Numbers(row, language)
        what = Text("涨幅", "rise") if row["direction"] == "rise" else Text("跌幅", "fall")
        text = Text(
            f"{row['window_sessions']} 个交易日最大{what.zh} {n('change', signed=True)}（{row['start_session']} 至 "
            f"{row['session']}），同期维持担保比例 {n('ratio_change', signed=True)}。",
            f"The largest {what.en} over {row['window_sessions']} sessions was {n('change', signed=True)} "
            f"({row['start_session']} to {row['session']}); the maintenance ratio moved "
            f"{n('ratio_change', signed=True)}.",
        )
        yield claim(row, "extremes", language, text)


def of_participation(dossier: Dossier, language: Language) -> Iterator[Claim]:
    """Say who takes part and how much each owes."""
    row = today(dossier, "participation")
    n = Numbers(row, language)
    if n.has("investor_count"):
        text = Text(
            f"投资者 {n('investor_count', Unit.COUNT)}（个人 {n('individual_count', Unit.COUNT)}，机构 "
            f"{n('institution_count', Unit.COUNT)}），有负债的 {n('indebted_count', Unit.COUNT)}，"
            f"占 {n('indebted_share')}。",
            f"There are {n('investor_count', Unit.COUNT)} investors ({n('individual_count', Unit.COUNT)} individuals, "
            f"{n('institution_count', Unit.COUNT)} institutions); {n('indebted_count', Unit.COUNT)} of them owe, "
            f"{n('indebted_share')}.",
        )
        yield claim(row, "participation", language, text)
    if n.has("active_count", "debt_per_indebted"):
        text = Text(
            f"当日参与交易 {n('active_count', Unit.COUNT)}（{n('active_share')}）；每位有负债者平均负债 "
            f"{n('debt_per_indebted', Unit.YUAN)}。",
            f"{n('active_count', Unit.COUNT)} traded on the day ({n('active_share')}); an investor with debt owes "
            f"{n('debt_per_indebted', Unit.YUAN)} on average.",
        )
        yield claim(row, "participation", language, text)


CHAPTERS: dict[str, Callable[[Dossier, Language], Iterator[Claim]]] = {
    "scale": of_scale,
    "leverage": of_leverage,
    "bottoms": of_bottoms,
    "pressure": of_pressure,
    "extremes": of_extremes,
    "participation": of_participation,
}
