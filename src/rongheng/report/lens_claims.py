"""The sentences of the chapters beside margin trading: index futures, funds, financing by index, snowballs.

What lives here: one function per chapter. What does not: any number that no reading has, and where a sentence stands.
A sentence whose numbers are missing is not said.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from rongheng.basics.text import Language, Text
from rongheng.basics.units import Unit
from rongheng.findings.dossier import Dossier
from rongheng.market.indicators.snowballs import NEAR
from rongheng.market.series import SnowballDay
from rongheng.report.claims import Claim, Numbers, claim
from rongheng.report.facts import rows_of
from rongheng.report.words import verdict

_MONTH = 20  # sessions
_FLOWS_TOLD = 3  # groups
_PRODUCTS = ("IM", "IC", "IF", "IH")  # the widest discount first
_MOVED = {
    "narrowed_markedly": Text("明显收窄", "narrowed markedly"),
    "narrowed": Text("收窄", "narrowed"),
    "widened": Text("走阔", "widened"),
    "widened_markedly": Text("明显走阔", "widened markedly"),
    None: Text("变动平常", "moved as it uses to"),
}


def of_liquidity(dossier: Dossier, language: Language) -> Iterator[Claim]:
    """Say the verdict on liquidity, and how often a fall followed such a verdict."""
    for row in rows_of(dossier, "liquidity", session=dossier.as_of).to_dicts():
        if row["lens"] != "overall" or row["verdict"] is None:
            continue
        word = verdict(row["verdict"])
        text = Text(f"流动性结论：{word.zh}。{row['evidence_zh']}", f"Liquidity: {word.en}. {row['evidence_en']}")
        yield claim(row, "liquidity", language, text)
        yield from _of_record(dossier, language, row["verdict"])


def _of_record(dossier: Dossier, language: Language, word: str) -> Iterator[Claim]:
    rows = {row["verdict"]: row for row in rows_of(dossier, "liquidity-record", horizon_sessions=_MONTH).to_dicts()}
    row, base = rows.get(word, {}), rows.get("all-sessions", {})
    n, of_all = Numbers(row, language), Numbers(base, language)
    if not (n.has("fell_share", "fell_low", "fell_high") and of_all.has("fell_share")):
        return
    said = verdict(word)
    text = Text(
        f"历史上该结论（{said.zh}）之后 {_MONTH} 个交易日宽基指数下跌的占 {n('fell_share')}"
        f"（95% 区间 {n('fell_low')} 至 {n('fell_high')}，互不重叠 {row['separate']} 次），全部交易日为 "
        f"{of_all('fell_share')}。",
        f"{_MONTH} sessions after such a verdict ({said.en}) the broad index stood lower in {n('fell_share')} of cases "
        f"(95 % interval {n('fell_low')} to {n('fell_high')}, {row['separate']} that do not overlap); after all "
        f"sessions in {of_all('fell_share')}.",
    )
    yield claim(row, "liquidity-record", language, text)


def of_financing(dossier: Dossier, language: Language) -> Iterator[Claim]:
    """Say what was bought on credit by index over a month, beside the fall of the index."""
    rows = rows_of(dossier, "index-financing", group_kind="index")
    if rows.is_empty():
        return
    since = rows["since"].unique().sort().to_list()
    for row in rows.filter(pl.col("since") == since[len(since) // 2]).to_dicts():
        n = Numbers(row, language)
        if not n.has("net_financing"):
            continue
        fall = n("stage_fall")
        text = Text(
            f"{n.index('group')}成份股近 {row['sessions']} 个交易日融资净买入 "
            f"{n('net_financing', Unit.YUAN, signed=True)}，占首窗 {n('share_of_first')}；指数阶段最大回撤 {fall}。",
            f"Net financing of the members of {n.index('group')} over {row['sessions']} sessions was "
            f"{n('net_financing', Unit.YUAN, signed=True)}, {n('share_of_first')} of the first window's; the index's "
            f"largest fall within it is {fall}.",
        )
        yield claim(row, "index-financing", language, text)


def of_flows(dossier: Dossier, language: Language) -> Iterator[Claim]:
    """Say what came into exchange-traded funds, of which index most, and whether a fall was bought."""
    rows = [row for row in rows_of(dossier, "flows", session=dossier.as_of).to_dicts() if row["net_inflow"] is not None]
    for row in sorted(rows, key=lambda row: row["rank"])[:_FLOWS_TOLD]:
        n = Numbers(row, language)
        name = n.index("group")
        fell = row["index_change"] is not None and row["index_change"] < 0 < row["net_inflow"]
        against = Text("，指数下跌而资金流入", ", while the index fell") if fell else Text("", "")
        text = Text(
            f"{name} ETF 净申购 {n('net_inflow', Unit.YUAN, signed=True)}{against.zh}，20 日合计 "
            f"{n('net_inflow_20', Unit.YUAN, signed=True)}（计入 {row['funds']} 只基金，缺数 {row['lacking']} 只）。",
            f"Funds on {name} took {n('net_inflow', Unit.YUAN, signed=True)}{against.en}, "
            f"{n('net_inflow_20', Unit.YUAN, signed=True)} over 20 sessions ({row['funds']} funds counted, "
            f"{row['lacking']} without a flow).",
        )
        yield claim(row, "flows", language, text)


def of_basis(dossier: Dossier, language: Language) -> Iterator[Claim]:
    """Say how far index futures stand under their indices, and whether that moved."""
    rows = {row["product"]: row for row in rows_of(dossier, "basis", session=dossier.as_of).to_dicts()}
    for product in _PRODUCTS:
        row = rows.get(product, {})
        n = Numbers(row, language)
        level = "annual_adjusted" if n.has("annual_adjusted") else "annual_discount"
        if not n.has(level, "change_1", "sigmas_60", "percentile"):
            continue
        moved = _MOVED[row["move"]]
        text = Text(
            f"{product} 年化贴水 {n(level)}，较前一日 {n('change_1', signed=True)}，{moved.zh}"
            f"（为此前 60 日变动的 {n('sigmas_60', Unit.SIGMA)}），历史分位 {n('percentile')}；"
            f"近月 {row['near_contract']} 基差 {n('near_basis_points', Unit.POINTS)}。",
            f"{product} stands {n(level)} a year under its index, {n('change_1', signed=True)} against the day before: "
            f"it {moved.en} ({n('sigmas_60', Unit.SIGMA)} of the 60 changes before), percentile "
            f"{n('percentile')}; {row['near_contract']} is at {n('near_basis_points', Unit.POINTS)}.",
        )
        yield claim(row, "basis", language, text)


def of_snowballs(dossier: Dossier, language: Language) -> Iterator[Claim]:
    """Say what an inventory holds, how near its knock-ins are, what they would release, and which inventory it is."""
    day = dossier.snowballs
    if day is None:
        return
    for row in rows_of(dossier, "snowballs", session=dossier.as_of).to_dicts():
        n = Numbers(row, language)
        waiting, knocked = n("waiting_yuan", Unit.YUAN), n("knocked_yuan", Unit.YUAN)
        near = _near(n)
        text = Text(
            f"估算（依据{day.inventory.name.zh}）：{n.index()}雪球未敲入 {waiting}，已敲入 {knocked}；{near.zh}。",
            f"Estimated, by {day.inventory.name.en}: of snowballs on the {n.index()}, {waiting} wait and {knocked} "
            f"have knocked in; {near.en}.",
        )
        yield claim(row, "snowballs", language, text)
    yield from _of_hedge(dossier, day, language)


def _near(n: Numbers) -> Text:
    if not n.has("nearest"):
        return Text("没有等待敲入的，不构成敲入压力", "none waits for a knock-in, so there is no pressure from one")
    nearest, near, lots = n("nearest"), n("near_yuan", Unit.YUAN), n("near_futures", Unit.COUNT)
    share = n("of_volume")
    return Text(
        f"最近的敲入线在 {nearest} 之下，再跌 {NEAR:.0%} 敲入 {near}，对冲盘减持 {lots} 手，占日均成交 {share}",
        f"the nearest line is {nearest} below; a fall of {NEAR:.0%} knocks in {near}, hedges release {lots} futures, "
        f"{share} of a day's volume",
    )


def _of_hedge(dossier: Dossier, day: SnowballDay, language: Language) -> Iterator[Claim]:
    """Say which futures the inventory is hedged with."""
    for row in day.totals.iter_rows(named=True):
        n = Numbers(row, language)
        if not n.has("future", "of_volume"):
            continue
        lots, share = n("hedge_futures", Unit.COUNT), n("of_volume")
        text = Text(
            f"估算：对冲{n.index()}雪球须持有 {row['future']} 多头 {lots} 手，为日均成交的 {share}。",
            f"Estimated: snowballs on the {n.index()} are hedged with {lots} {row['future']} held long, {share} of a "
            "day's volume.",
        )
        about = {"as_of": dossier.as_of, "grade": day.grade.value}
        yield claim(row | about, "snowballs", language, text)
