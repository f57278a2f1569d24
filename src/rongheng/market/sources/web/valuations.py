"""Eastmoney's data centre: valuations of every share on a session, static P/E among them (静态市盈率).

A company with a loss has a negative ratio, which the rules for haircuts need; other services leave it blank. Which
report the ratio rests on may differ from the exchanges' own at the edge of a reporting season.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rongheng.basics.batch import Batch
from rongheng.basics.tables import SECURITY_VALUATIONS
from rongheng.basics.text import Text
from rongheng.market.sources.web.facts import batch_of
from rongheng.market.sources.web.portal import PUBLISHER, Report
from rongheng.market.sources.web.source import Answer, Ask, Description, Fetcher, joint_sha256


class Valuations:
    """Valuations of a session."""

    _LAYOUT = "valuations-portal"
    _REPORT = Report("RPT_VALUEANALYSIS_DET", "TRADE_DATE", "https://data.eastmoney.com/gzfx/list.html")

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id="portal-valuations",
            label=Text("证券估值", "valuations of shares"),
            publisher=PUBLISHER,
            page=self._REPORT.page,
            tables=(SECURITY_VALUATIONS,),
            first=date(2018, 1, 2),
            by_day=True,
            sessions_at_first=1,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each session."""
        return [self._REPORT.ask_of_day(self.describe().id, day, sort_by="SECURITY_CODE") for day in sessions]

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask for every page."""
        return self._REPORT.fetch(ask, fetcher)

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold count, pages and day against the question."""
        self._REPORT.rows(ask, answers)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the valuations."""
        rows = self._REPORT.rows(ask, answers)
        return [batch_of(rows, layout_id=self._LAYOUT, ask=ask, sha256=joint_sha256(answers))]
