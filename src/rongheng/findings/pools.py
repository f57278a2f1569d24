"""Findings about the pools: a security without a class, a list beyond the exchange's, a stop that is reached."""

from __future__ import annotations

from datetime import date

import polars as pl

from rongheng.basics.grades import Grade
from rongheng.basics.text import Text
from rongheng.findings.finding import Finding, Severity
from rongheng.market.pools.caps import Caps
from rongheng.market.pools.list_check import ListCheck
from rongheng.market.pools.stops import STOP, Stops

_CAPS = "exchange.haircut.cap"


def unclassed_securities(caps: Caps) -> list[Finding]:
    """Return a finding for each security whose haircut is 0 because no class or no cap is known for it."""
    without = caps.problems.filter(pl.col("problem").is_in(["no_class", "no_cap_in_force"]))
    return [
        Finding(
            subject=row["security"],
            session=caps.session,
            severity=Severity.WATCH,
            statement=Text(f"{row['security']} 折算率为 0。", f"{row['security']} has the haircut 0."),
            evidence=Text(row["reason_zh"], row["reason_en"]),
            cites=_CAPS,
            grade=Grade.DERIVED,
        )
        for row in without.iter_rows(named=True)
    ]


def breaches_of_list(session: date, check: ListCheck) -> list[Finding]:
    """Return a finding for each rule of the exchange that a row of a broker's list breaks."""
    return [
        Finding(
            subject=row["security"],
            session=session,
            severity=Severity.HIGH,
            statement=Text(
                f"{row['broker']}名单中的 {row['security']} 不符合交易所规定。",
                f"{row['security']} in the list of {row['broker']} breaks a rule of the exchange.",
            ),
            evidence=Text(row["why_zh"], row["why_en"]),
            cites=row["rule"],
            grade=Grade.DERIVED,
        )
        for row in check.breaches.iter_rows(named=True)
    ]


def stops_reached(session: date, stops: Stops) -> list[Finding]:
    """Return a finding for each security whose stop or return the close of that session leads to."""
    events = stops.rows.filter((pl.col("session") == session) & pl.col("event").is_not_null())
    return [_stop(row) for row in events.iter_rows(named=True)]


def _stop(row: dict[str, object]) -> Finding:
    stopped, session = row["event"] == STOP, row["session"]
    assert isinstance(session, date), "the session of an observation"
    zh, en = ("融资买入", "financed buys") if row["side"] == "financing" else ("融券卖出", "short sales")
    verb = Text("可暂停", "may be suspended") if stopped else Text("可恢复", "may resume")
    return Finding(
        subject=str(row["security"]),
        session=session,
        severity=Severity.HIGH if stopped else Severity.WATCH,
        statement=Text(
            f"{row['security']} 自 {row['works_from']} 起{verb.zh}{zh}。",
            f"{row['security']}: {en} {verb.en} from {row['works_from']}.",
        ),
        evidence=Text(f"监控指标 {row['ratio']:.4%}", f"monitoring ratio {row['ratio']:.4%}"),
        cites=str(row["rule"]),
        grade=Grade.DERIVED,
    )
