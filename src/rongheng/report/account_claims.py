"""The sentences of the chapter on credit accounts, and what the reader must know of how its numbers come about.

What lives here: words around the figures of a marked book's summary. What does not: any sum (``account.marks``), the
sentences about the market (``claims``), the chapter's figures (``charts.accounts``) and tables (``account_tables``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rongheng.basics.account_words import State
from rongheng.basics.text import Language, Text
from rongheng.basics.units import Unit
from rongheng.findings.accounts import MARKS
from rongheng.findings.calls import CALLS
from rongheng.findings.dossier import Dossier
from rongheng.report.account_tables import in_units
from rongheng.report.claims import Claim
from rongheng.report.numbers import EXACT, display

if TYPE_CHECKING:
    from rongheng.account.marks.summary import Summary

CALLS_METHOD = Text("追保与强制平仓", "Calls and forced sales")
CALLS_MEANING = Text(
    "日终盯市后，按各账户政策的线与期限判断谁被预警、追保、到期、补足、逾期，写入台账；逾期账户作强制平仓方案：先用现金，再按政策的次序卖出，"
    "以恢复目标所需为限，受涨跌停、停牌、T+1 与成交额限制。另按随附的压力情景逐户重估。",
    "After the mark, lines and deadlines of each account's policy say who is warned, called, due, cured and lapsed; "
    "the ledger keeps it. Lapsed accounts are planned to be sold out: cash first, then in the policy's order, no "
    "further than the target needs, under price limits, suspensions, T+1 and a share of turnover. The scenarios that "
    "ship are run over every indebted account.",
)
CALLS_FORMULA = "sale ≥ (target × debt − assets) / (target − 1), with costs"
CALLS_SOURCE = "exchange.maintenance.top_up_deadline, exchange.maintenance.top_up_target"
METHOD = Text("信用账户盯市", "Marking credit accounts")
MEANING = Text(
    "逐户计算资产、负债、维持担保比例、保证金可用余额、适用的线与状态。金额为整数毫元，判断是否低于某线用整数交叉相乘，没有舍入。",
    "Assets, debt, maintenance ratio, available margin, lines and state of every account. Amounts are whole "
    "milli-yuan, and whether a ratio is under a line is judged by cross-multiplying whole numbers: nothing is rounded.",
)
FORMULA = (
    "(cash + securities + other collateral) / (financed amounts + shorts at today's price + interest + other debt)"
)
SOURCE = "exchange.maintenance_ratio.definition, exchange.available_margin.definition"
PROBLEMS = (
    Text(
        "平均比例只含有负债的账户，与公布的市场平均口径不同；公布的担保物总价值还包括无负债账户。",
        "The average covers the indebted alone; the market's published collateral covers accounts without debt too.",
    ),
    Text(
        "“一齐下跌”假定账户的全部证券同跌；负债、线的规则不变，随双创板占比变动的线按跌后的占比取。",
        "A uniform fall takes all of an account's securities to fall alike; lines that move with the share of STAR and "
        "ChiNext shares are those of after the fall.",
    ),
)


def of_accounts(dossier: Dossier, language: Language) -> Iterator[Claim]:
    """Say how many accounts there are, where they stand, how far the others are, and what they rest on."""
    summary = dossier.accounts
    if summary is None:
        return
    for text in (_size(summary), _states(summary), _falls(summary), _largest(summary)):
        if text is not None:
            yield Claim(text.in_(language), MARKS, summary.session, summary.grade)
    if dossier.calls:
        for text in (_calls(dossier.calls), _after_a_fall(dossier.calls)):
            yield Claim(text.in_(language), CALLS, summary.session, summary.grade)


def _size(summary: Summary) -> Text:
    def said(language: Language) -> tuple[str, ...]:
        n = _Numbers(summary.total, language)
        return (
            n.count("accounts"),
            n.count("indebted_accounts"),
            n("debt"),
            n("indebted_assets"),
            n("average_ratio", Unit.RATIO),
        )

    zh, en = said("zh"), said("en")
    return Text(
        f"账簿共 {zh[0]} 户，其中 {zh[1]} 户有负债，负债 {zh[2]}，担保物 {zh[3]}，平均维持担保比例 {zh[4]}。",
        f"Of {en[0]} accounts {en[1]} owe {en[2]} against collateral of {en[3]}: an average ratio of {en[4]}.",
    )


def _states(summary: Summary) -> Text:
    row = next(row for row in summary.states if row["state"] == State.LIQUIDATION.value)
    zh, en = (_Numbers(row, language) for language in ("zh", "en"))
    if not row["accounts_or_graver"]:
        return Text("没有账户低于平仓线。", "No account is under its liquidation line.")
    share = ("debt_share_or_graver", Unit.FRACTION)
    count = zh.count("accounts_or_graver")
    return Text(
        f"低于平仓线的 {count} 户，负债 {zh('debt_or_graver')}，占全部负债 {zh(*share)}。",
        f"{count} are under their liquidation lines and owe {en('debt_or_graver')}, {en(*share)} of all debt.",
    )


def _falls(summary: Summary) -> Text | None:
    """Say how much debt two falls would bring under the line: those that end at a tenth and at a fifth."""
    rows = {row["below_bp"]: row for row in summary.falls}
    if not summary.total["indebted_accounts"] or not {1_000, 2_000} <= set(rows):
        return None

    def share(fall_bp: int, language: Language) -> str:
        return _Numbers(rows[fall_bp], language)("debt_share_so_far", Unit.FRACTION)

    return Text(
        f"持仓一齐下跌 10%，占负债 {share(1_000, 'zh')} 的账户低于平仓线；下跌 20%，则为 {share(2_000, 'zh')}。",
        f"A uniform fall of 10% takes accounts with {share(1_000, 'en')} of the debt under their lines, one of 20% "
        f"takes {share(2_000, 'en')}.",
    )


def _largest(summary: Summary) -> Text | None:
    if not summary.holdings:
        return None
    row = summary.holdings[0]
    zh, en = (_Numbers(row, language) for language in ("zh", "en"))
    held = zh("indebted_value")
    return Text(
        f"有负债账户持有最多的是 {row['security']}：{held}，占其全部证券 {zh('share', Unit.FRACTION)}。",
        f"What the indebted hold most of is {row['security']}: {en('indebted_value')}, {en('share', Unit.FRACTION)} of "
        "their securities.",
    )


def _calls(figures: Sequence[Mapping[str, Any]]) -> Text:
    """Say what the close of the day made of the calls."""
    zh, en = _figures_said(figures, "zh"), _figures_said(figures, "en")
    return Text(
        f"当日新增追保 {zh['called']} 户，补足 {zh['cured']} 户，逾期 {zh['lapsed']} 户；"
        f"{zh['due_next']} 户须在下一交易日补足。"
        f"{zh['standing_lapsed']} 户逾期未补，强平方案卖出 {zh['planned_amount']}，预计坏账 {zh['bad_debt_amount']}。",
        f"Called today: {en['called']}; cured {en['cured']}; lapsed {en['lapsed']}; {en['due_next']} must act in the "
        f"next session. {en['standing_lapsed']} stand lapsed; {en['planned_amount']} is planned to be sold by force, "
        f"and {en['bad_debt_amount']} of debt is not expected back.",
    )


def _after_a_fall(figures: Sequence[Mapping[str, Any]]) -> Text:
    """Say what the book would come to if every price fell by 30 %."""
    zh, en = _figures_said(figures, "zh"), _figures_said(figures, "en")
    under, short = "under_after_fall_30", "short_after_fall_30"
    return Text(
        f"若全部证券下跌 30%，{zh[under]} 户低于平仓线，负债 {zh[f'{under}_amount']}；{zh[short]} 户穿仓，"
        f"缺口 {zh[f'{short}_amount']}。",
        f"If every price fell by 30%, {en[under]} accounts would be under their liquidation lines and owe "
        f"{en[f'{under}_amount']}; {en[short]} would be short of collateral, by {en[f'{short}_amount']}.",
    )


def _figures_said(figures: Sequence[Mapping[str, Any]], language: Language) -> dict[str, str]:
    """Return each figure's count under its name, and its amount under ``…_amount``."""
    rows = {row["figure"]: _Numbers({**row, "amount_milli": row["amount_milli"] or 0}, language) for row in figures}
    counts = {name: row.count("accounts") for name, row in rows.items()}
    return counts | {f"{name}_amount": row("amount") for name, row in rows.items()}


class _Numbers:
    """The figures of one row as they are written in a sentence of one language."""

    def __init__(self, row: Mapping[str, Any], language: Language) -> None:
        self._row, self._language = in_units(row), language

    def count(self, name: str) -> str:
        """Return a count, never abridged."""
        return EXACT.show(self._row[name])

    def __call__(self, name: str, unit: Unit = Unit.YUAN) -> str:
        return display(self._row[name], unit, self._language)
