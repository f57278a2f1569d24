"""Detector: what a marked book of client accounts asks to be looked at.

What lives here: which figures of a summary are worth a finding, and how grave. What does not: the figures themselves
(``account.marks.summary``, ``account.marks.limits``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from rongheng.basics.account_words import State
from rongheng.basics.calendar import calendar
from rongheng.basics.text import Text
from rongheng.findings.finding import Finding, Severity

if TYPE_CHECKING:
    from rongheng.account.marks.summary import Summary

Row = Mapping[str, Any]
SUBJECT = "credit accounts"
MARKS = "marks"  # what findings about the book itself cite
RATIO = "exchange.maintenance_ratio.definition"
_LIMITS = {"breach": Severity.HIGH, "warning": Severity.WATCH}


def book_findings(session: date, summary: Summary) -> Iterator[Finding]:
    """Yield the findings about a marked book, on the session that is judged."""
    yield from _stale(session, summary)
    yield from _insolvent(summary)
    yield from _under_the_line(summary)
    yield from _limits(summary)
    yield from _quarantined(summary)
    yield from _gaps(summary)


def _found(summary: Summary, severity: Severity, statement: Text, evidence: Text, cites: str) -> Finding:
    return Finding(SUBJECT, summary.session, severity, statement, evidence, cites, summary.grade)


def _stale(session: date, summary: Summary) -> Iterator[Finding]:
    behind = calendar().count_between(summary.session, session)
    if behind > 0:
        statement = Text(
            f"信用账户是 {summary.session} 的盯市结果，早于本次判断的交易日。",
            f"The accounts were marked on {summary.session}, before the session that is judged.",
        )
        evidence = Text(f"落后 {behind} 个交易日", f"{behind} sessions behind.")
        yield _found(summary, Severity.WATCH, statement, evidence, MARKS)


def _insolvent(summary: Summary) -> Iterator[Finding]:
    """Accounts whose assets do not cover their debt: the first band of ratios ends at 100 %."""
    row = summary.ratios[0]
    if row["accounts"]:
        count = row["accounts"]
        statement = Text(
            f"{count:,} 户的资产不足以偿还负债。", f"{_accounts(count)} worth less than {_their(count)} debt."
        )
        debt, short = as_amount(row["debt_milli"]), as_amount(row["debt_milli"] - row["assets_milli"])
        evidence = Text(f"负债 {debt.zh}，缺 {short.zh}", f"They owe {debt.en} and are {short.en} short.")
        yield _found(summary, Severity.HIGH, statement, evidence, RATIO)


def _under_the_line(summary: Summary) -> Iterator[Finding]:
    row = next(row for row in summary.states if row["state"] == State.LIQUIDATION.value)
    count, share = row["accounts_or_graver"], row["debt_share_or_graver_bp"] / 100
    if count:
        statement = Text(
            f"{count:,} 户低于各自的平仓线。",
            f"{_accounts(count)} under {_their(count)} liquidation {'line' if count == 1 else 'lines'}.",
        )
        debt = as_amount(row["debt_or_graver_milli"])
        evidence = Text(f"负债 {debt.zh}，占 {share:.2f}%", f"They owe {debt.en}, {share:.2f}% of all debt.")
        yield _found(summary, Severity.WATCH, statement, evidence, RATIO)


def _limits(summary: Summary) -> Iterator[Finding]:
    for row in summary.limits:
        if row["verdict"] in _LIMITS:
            share, limit = row["share_bp"] / 100, row["limit_bp"] / 100
            subject = f"（{row['subject']}）" if row["subject"] else ""
            level = (
                Text("超过上限", "is beyond its limit")
                if row["verdict"] == "breach"
                else Text("达到预警", "is at its warning level")
            )
            statement = Text(
                f"{row['name_zh']}{subject}{level.zh}。", f"{row['name_en']} {level.en} ({row['subject'] or 'all'})."
            )
            evidence = Text(f"{share:.2f}%，上限 {limit:g}%", f"It is {share:.2f}%; the limit is {limit:g}%.")
            yield _found(summary, _LIMITS[row["verdict"]], statement, evidence, row["rule"])


def _quarantined(summary: Summary) -> Iterator[Finding]:
    accounts = summary.rows[0]
    if accounts["quarantined"]:
        statement = Text(
            f"{accounts['quarantined']:,} 户未能盯市，已隔离。",
            f"{_accounts(accounts['quarantined'])} not marked; they are quarantined.",
        )
        kinds = ", ".join(f"{row['problem']} {row['rows']:,}" for row in summary.problems)
        evidence = Text(f"共 {accounts['rows_in']:,} 户；{kinds}", f"Of {accounts['rows_in']:,} in all: {kinds}.")
        yield _found(summary, Severity.WATCH, statement, evidence, MARKS)


def _gaps(summary: Summary) -> Iterator[Finding]:
    for row in summary.policies:
        if row["unpublished"]:
            count = len(row["unpublished"])
            statement = Text(
                f"政策 {row['policy']} 有 {count} 项条款未公布，取交易所的界限。",
                f"Terms of the policy {row['policy']} that are not published: {count}; the exchanges' stand in.",
            )
            evidence = Text(f"涉及 {row['accounts']:,} 户", f"{row['accounts']:,} accounts are marked by it.")
            yield _found(summary, Severity.LOW, statement, evidence, f"broker.{row['policy']}")


def as_amount(milli: int) -> Text:
    """Return an amount to four digits that matter: nobody judges a book by its cents."""
    large, yuan = milli >= 10**11, milli / 1_000
    zh = f"{yuan / 1e8:,.2f} 亿元" if large else f"{yuan / 1e4:,.2f} 万元"
    return Text(zh, f"CNY {yuan / 1e6:,.2f} mn")


def _accounts(count: int) -> str:
    return "1 account is" if count == 1 else f"{count:,} accounts are"


def _their(count: int) -> str:
    return "its" if count == 1 else "their"
