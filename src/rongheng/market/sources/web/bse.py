"""The Beijing Stock Exchange (北京证券交易所): margin summary, details and underlyings of a day.

Answers are calls (JSONP) whose dates stand in single quotes, so that they are no JSON until those are mended. Amounts
are yuan and shares; beside some of them stands the same figure in 万元, whose key ends in ``Round``, which is left out.
The exchange has a second site, which answers alike and is asked where the first fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from rongheng.basics.batch import Batch
from rongheng.basics.errors import NotPublishedError, SourceChangedError
from rongheng.basics.tables import MARGIN_SUMMARY, SECURITY_FLAGS, SECURITY_MARGIN, Table
from rongheng.basics.text import Text
from rongheng.market.sources.files.dates import parse_day
from rongheng.market.sources.web.body import Record, check_count, jsonp_body, member, records, whole
from rongheng.market.sources.web.facts import batch_of, unknown_keys
from rongheng.market.sources.web.source import Answer, Ask, AskedOnce, Description, Fetcher, Request, joint_sha256

HOST, SECOND_HOST = "www.bse.cn", "www.bseinfo.net"
_PUBLISHER = Text("北京证券交易所", "Beijing Stock Exchange")
_CALLBACK = (("callback", "answer"),)
_FIRST = date(2023, 2, 13)
_DAY = "transDate"
_MOST_PAGES = 200


def _answer(answer: Answer, ask: Ask, *, is_dated: bool = True) -> Any:
    """Return the first part of an answer; its second says of which day it is, and must where figures are of a day."""
    body = jsonp_body(answer, ask)
    if not isinstance(body, list) or not body:
        raise SourceChangedError(f"{ask.name}: the answer is no list. The exchange has changed its format.")
    shown = parse_day(str(body[1])) if len(body) > 1 else None
    if shown is None and is_dated:
        raise SourceChangedError(f"{ask.name}: the answer does not say of which day it is. Nothing of it was kept.")
    if shown is not None and shown != ask.first:
        raise NotPublishedError(f"{ask.name}: the exchange still shows {shown}.")
    return body[0]


def _only(found: Any, ask: Ask) -> Any:
    """Return what a list of one holds."""
    if isinstance(found, list) and not found:
        raise NotPublishedError(f"{ask.name}: the exchange has published nothing for this day yet.")
    if isinstance(found, list) and len(found) == 1:
        return found[0]
    raise SourceChangedError(f"{ask.name}: the answer does not hold one thing. The exchange has changed its format.")


class _OfBeijing:
    """One table of the exchange, at one of the two sites that answer alike."""

    def __init__(self, host: str = HOST) -> None:
        self._host = host

    @property
    def _page(self) -> str:
        return f"https://{self._host}/disclosure/rzrq_index.html"

    def _described(self, name: str, label: Text, table: Table, *, sessions_at_first: int | None = None) -> Description:
        is_second = self._host != HOST
        return Description(
            id=f"{name}-second" if is_second else name,
            label=Text(f"{label.zh}（备用网站）", f"{label.en} (second site)") if is_second else label,
            publisher=_PUBLISHER,
            page=self._page,
            tables=(table,),
            first=_FIRST,
            by_day=True,
            sessions_at_first=sessions_at_first,
        )

    def _request(
        self, path: str, params: tuple[tuple[str, str], ...], form: tuple[tuple[str, str], ...] | None = None
    ) -> Request:
        return Request(self._host, path, (*_CALLBACK, *params), (("Referer", self._page),), form=form)

    def _first_page(self, source: str, path: str, day: date, **asked: str) -> Ask:
        """Return the question for the first page of a day's table, which is posted."""
        form = ((_DAY, day.isoformat()), *asked.items(), ("page", "0"))
        return Ask(source, day, day, self._request(path, (), form))


class Margin(_OfBeijing, AskedOnce):
    """The exchange's own daily margin summary, in yuan and shares."""

    _PATH = "/rzrqjyyexxController/summaryInfoResult.do"
    _LAYOUT = "margin-summary-bse-raw"

    def describe(self) -> Description:
        """Say what it is."""
        label = Text("北交所融资融券汇总", "margin summary of Beijing")
        return self._described("bse-margin", label, MARGIN_SUMMARY)

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each session."""
        name = self.describe().id
        return [
            Ask(name, day, day, self._request(self._PATH, ((_DAY, day.isoformat()), ("page", "0")))) for day in sessions
        ]

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold the day against the question."""
        self._row(ask, answers)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the margin summary of Beijing."""
        row = {_DAY: ask.first.isoformat(), **self._row(ask, answers)}
        return [batch_of([row], layout_id=self._LAYOUT, ask=ask, sha256=joint_sha256(answers))]

    def _row(self, ask: Ask, answers: Sequence[Answer]) -> Record:
        found = _only(_answer(answers[0], ask), ask)
        (row,) = records([found], ask=ask, where="the answer")
        return row


class Details(_OfBeijing):
    """Every security of a day, page by page, in yuan and shares."""

    _PATH = "/rzrqjyyexxController/detailInfoResult.do"
    _LAYOUT = "security-margin-bse-raw"

    def describe(self) -> Description:
        """Say what it is."""
        label = Text("北交所融资融券明细", "margin details of Beijing")
        return self._described("bse-margin-details", label, SECURITY_MARGIN)

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each session."""
        return [self._first_page(self.describe().id, self._PATH, day) for day in sessions]

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask for the first page, and for as many more as it says."""
        return fetch_pages(ask, fetcher)

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold the day against the question, and the rows against the count."""
        rows_of_pages(ask, answers)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the securities of the day."""
        rows = [{_DAY: ask.first.isoformat(), **row} for row in rows_of_pages(ask, answers)]
        more = unknown_keys(rows, layout_id=self._LAYOUT)
        return [batch_of(rows, layout_id=self._LAYOUT, ask=ask, sha256=joint_sha256(answers), notices=more)]


class Lists(_OfBeijing):
    """Underlyings of a session, and what of them is allowed today."""

    _PATH = "/rzrqbdzqController/infoResult.do"
    _LAYOUT = "exchange-lists"
    _FLAGS = (
        ("rzbd", "is_financing_underlying"),
        ("rqbd", "is_short_underlying"),
        ("drkrz", "financing_allowed"),
        ("drkrq", "short_allowed"),
    )

    def describe(self) -> Description:
        """Say what it is."""
        label = Text("北交所两融标的名单", "list of underlyings in Beijing")
        return self._described("bse-lists", label, SECURITY_FLAGS, sessions_at_first=1)

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each session."""
        return [self._first_page(self.describe().id, self._PATH, day, zqdm="") for day in sessions]

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask for the first page, and for as many more as it says."""
        return fetch_pages(ask, fetcher, is_dated=False)

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold the day, where the answer says one, against the question, and the rows against the count."""
        rows_of_pages(ask, answers, is_dated=False)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the list."""
        rows = [
            {
                "day": ask.first.isoformat(),
                "security": f"{str(member(row, 'zqdm', ask=ask)).strip()}.BJ",
                **{name: member(row, key, ask=ask) for key, name in self._FLAGS},
            }
            for row in rows_of_pages(ask, answers, is_dated=False)
        ]
        return [batch_of(rows, layout_id=self._LAYOUT, ask=ask, sha256=joint_sha256(answers))]


def fetch_pages(ask: Ask, fetcher: Fetcher, *, is_dated: bool = True) -> list[Answer]:
    """Ask for the first page, and for as many more as it says."""
    answers = [fetcher.get(ask.request)]
    pages = whole(member(_page(answers[0], ask, is_dated), "totalPages", ask=ask), ask=ask, where="totalPages")
    if pages > _MOST_PAGES:
        raise SourceChangedError(
            f"{ask.name}: the answer says that it has {pages} pages; at most {_MOST_PAGES} can be."
        )
    for number in range(1, pages):
        form = tuple((key, str(number) if key == "page" else value) for key, value in ask.request.form or ())
        answers.append(fetcher.get(replace(ask.request, form=form)))
    return answers


def rows_of_pages(ask: Ask, answers: Sequence[Answer], *, is_dated: bool = True) -> list[Record]:
    """Return the rows of all pages, once they are as many as the first page says."""
    found = [_page(answer, ask, is_dated) for answer in answers]
    pages = [records(member(page, "content", ask=ask), ask=ask, where="content") for page in found]
    rows = check_count(pages, stated=_stated(found[0], pages, ask), ask=ask)
    if not rows:
        raise NotPublishedError(f"{ask.name}: the exchange has published nothing for this day yet.")
    return rows


def _stated(first: Record, pages: Sequence[Sequence[Record]], ask: Ask) -> int:
    """Return how many rows there are: as the first page says, else as its length and the number of pages allow."""
    if first.get("totalElements") is not None:
        return whole(first["totalElements"], ask=ask, where="totalElements")
    *full, rest = map(len, pages)
    return len(pages[0]) * len(full) + min(rest, len(pages[0]))


def _page(answer: Answer, ask: Ask, is_dated: bool) -> Any:
    return _only(_answer(answer, ask, is_dated=is_dated), ask)
