"""Detector: a figure that two publishers state differently. What is compared with what is the update's business."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from rongheng.basics.grades import Grade
from rongheng.basics.text import Text
from rongheng.findings.finding import Finding, Severity
from rongheng.market.series.agreement import TOLERANCE


def told_apart(session: date, apart: Iterable[Text]) -> Iterator[Finding]:
    """Yield a finding for each figure of the session that the lake has from one publisher and another denies.

    Parameters
    ----------
    apart : what the update said of each, with both figures
    """
    for figures in apart:
        yield Finding(
            subject="ALL",
            session=session,
            severity=Severity.WATCH,
            statement=Text(f"两个发布方的数字不一致：{figures.zh}。", f"Two publishers disagree: {figures.en}."),
            evidence=Text(f"相差超过 {TOLERANCE:.2%}", f"more than {TOLERANCE:.2%} apart"),
            cites="comparison of publishers",
            grade=Grade.DERIVED,
        )
