"""Lists of Shanghai: what may serve as collateral, be financed and be sold short in a session.

Three scripts with an array each. They say what holds today and nothing of the past.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from rongheng.basics.batch import Batch
from rongheng.basics.errors import NotPublishedError, SourceChangedError, SourceDownError
from rongheng.basics.tables import SECURITY_FLAGS
from rongheng.basics.text import Text
from rongheng.market.sources.files.dates import parse_day
from rongheng.market.sources.web.body import script_body
from rongheng.market.sources.web.facts import batch_of
from rongheng.market.sources.web.source import Answer, Ask, Description, Fetcher, Request, joint_sha256
from rongheng.market.sources.web.sse.service import HEADERS, PUBLISHER

HOST = "www.sse.com.cn"
_FOLDER = "/services/tradingservice/margin/info/againstmargin"
_FILES = {
    "is_collateral": "data_960.js",
    "is_financing_underlying": "data_961.js",
    "is_short_underlying": "data_962.js",
}
_LAYOUT = "exchange-lists"
_ENTRY = re.compile(r"\[\s*['\"]\s*(\d+)\s*['\"]\s*,\s*['\"]\s*(\d{6})\s*['\"]\s*,\s*['\"][^'\"]*['\"]\s*\]")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_DAY = re.compile(r"(?:staticDate|showdate)['\"]?\s*[:=]\s*['\"]([\d\-/.]+)['\"]", re.I)


class Lists:
    """The three lists of a session as one."""

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id="sse-lists",
            label=Text("上交所两融标的与担保品名单", "lists of underlyings and collateral in Shanghai"),
            publisher=PUBLISHER,
            page="https://www.sse.com.cn/services/tradingservice/margin/info/againstmargin/",
            tables=(SECURITY_FLAGS,),
            first=date(2010, 3, 31),
            by_day=True,
            is_current=True,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return the one question there is, of the last session."""
        first = _request(next(iter(_FILES.values())))
        return [Ask(self.describe().id, day, day, first) for day in sessions[-1:]]

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask for the three scripts; one that is not as it should be ends it."""
        answers = []
        for name, file in _FILES.items():
            answers.append(fetcher.get(_request(file)))
            _entries(answers[-1], name, ask)
        return answers

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold the day against the question, and the entries against their own numbers."""
        self._codes(ask, answers)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return what is on the lists."""
        lists = self._codes(ask, answers)
        rows = [
            {
                "day": ask.first.isoformat(),
                "security": f"{code}.SH",
                **{name: "Y" if code in codes else "N" for name, codes in lists.items()},
            }
            for code in sorted(set().union(*lists.values()))
        ]
        return [batch_of(rows, layout_id=_LAYOUT, ask=ask, sha256=joint_sha256(answers))]

    def _codes(self, ask: Ask, answers: Sequence[Answer]) -> dict[str, set[str]]:
        return {name: _entries(answer, name, ask) for name, answer in zip(_FILES, answers, strict=True)}


def _request(name: str) -> Request:
    return Request(HOST, f"{_FOLDER}/{name}", headers=HEADERS)


def _entries(answer: Answer, name: str, ask: Ask) -> set[str]:
    """Return the codes of a script, whose entries are numbered from 1."""
    text = script_body(answer, ask)
    entries = _ENTRY.findall(text)
    stated = _DAY.search(text)
    code = _QUOTED.sub("", text)  # a security's short name may have a bracket that is never closed
    if any(code.count(opened) != code.count(closed) for opened, closed in ("{}", "[]", "()")):
        raise SourceDownError(f"{ask.name}: {_FILES[name]} was cut short. Try again later.")
    if not entries:
        raise SourceChangedError(f"{ask.name}: {_FILES[name]} has no entry such as ['1','600000','…'].")
    if [int(number) for number, _ in entries] != list(range(1, len(entries) + 1)):
        raise SourceChangedError(f"{ask.name}: the entries of {_FILES[name]} are not numbered from 1 to their count.")
    if stated is None:
        raise SourceChangedError(f"{ask.name}: {_FILES[name]} does not say of which day it is.")
    day = parse_day(stated[1])
    if day != ask.first:
        raise NotPublishedError(f"{ask.name}: the exchange still shows {stated[1]} in {_FILES[name]}.")
    return {code for _, code in entries}
