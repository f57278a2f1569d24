"""China Securities Finance (中证金融): its own daily files, on which the portal's account statistics rest.

The company lists its files on pages of links and gives one workbook of Excel 97-2003 for each session: the market's
account statistics on their side, and what of each security is held as collateral. A session's file is found by the date
in its link's text; the date inside the file must be the same.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urljoin, urlsplit

from rongheng.basics.batch import Batch, Notice
from rongheng.basics.errors import NotPublishedError, SourceChangedError
from rongheng.basics.tables import ACCOUNT_DAILY, SECURITY_COLLATERAL
from rongheng.basics.text import Text
from rongheng.market.sources.files.sheet import Sheet
from rongheng.market.sources.files.undated import days_in
from rongheng.market.sources.files.upright import upright
from rongheng.market.sources.web.body import page_body, workbook_body
from rongheng.market.sources.web.facts import aliases, batch_of_sheet, batch_of_upright
from rongheng.market.sources.web.source import Answer, Ask, Description, Fetcher, Request, joint_sha256

HOST = "www.csf.com.cn"
_PUBLISHER = Text("中国证券金融股份有限公司", "China Securities Finance Corporation")
_LIST = "/publish/main/1022/1024/1127/index.html"
_PAGE = f"http://{HOST}{_LIST}"
_LINK = re.compile(r"<a\b[^>]*?href\s*=\s*[\"']([^\"']+)[\"'][^>]*>(.*?)</a>", re.I | re.S)
_TAG = re.compile(r"<[^>]*>")
_NEXT = "下一页"
_MOST_PAGES = 400
_NEEDED = ("financing_balance", "short_balance", "collateral_total", "maintenance_ratio")


@dataclass(frozen=True, slots=True)
class _Link:
    """One link of a list: where it leads on this host, and what it says."""

    path: str
    text: str


def _links(answer: Answer, ask: Ask, path: str) -> list[_Link]:
    """Return the links of a list; a page without any is not the list."""
    page = page_body(answer, ask)
    found = []
    for target, text in _LINK.findall(page):
        parts = urlsplit(urljoin(f"http://{HOST}{path}", html.unescape(target)))
        plain = html.unescape(_TAG.sub("", text)).replace("\xa0", " ").strip()
        if parts.hostname == HOST:
            found.append(_Link(parts.path, plain))
    if not found:
        raise SourceChangedError(f"{ask.name}: the page {path} has no links. The company has changed its site.")
    return found


@dataclass(frozen=True, slots=True)
class _Files:
    """The files of one title."""

    source: str
    title: str

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each session, which begins at the newest page of the list."""
        request = Request(HOST, _LIST, scheme="http", lists=True)
        return [Ask(self.source, day, day, request) for day in sessions]

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Turn the list's pages until the session's file stands there, and ask for it."""
        path, seen = _LIST, set[str]()
        while path not in seen and len(seen) < _MOST_PAGES:
            seen.add(path)
            answer = fetcher.get(Request(HOST, path, scheme="http", lists=True))
            links = _links(answer, ask, path)
            ours = {day: link for link in links if self.title in link.text for day in days_in(link.text)}
            if not any(self.title in link.text for link in links):
                raise SourceChangedError(f"{ask.name}: {path} lists no {self.title}. The company has changed its site.")
            if ask.first in ours:
                return [fetcher.get(Request(HOST, ours[ask.first].path, scheme="http"))]
            turned = next((link.path for link in links if link.text == _NEXT), None)
            if turned is None or (ours and max(ours) < ask.first):
                break
            path = turned
        raise NotPublishedError(f"{ask.name}: the list has no {self.title} of that day yet.")

    def sheet(self, ask: Ask, answers: Sequence[Answer]) -> Sheet:
        """Return the first sheet of the workbook, once no day inside contradicts the question."""
        sheet = workbook_body(answers[0], ask)[0]
        titles = [cell for place in range(min(3, sheet.cells.height)) for cell in sheet.line(place) if cell]
        stated = days_in(" ".join(titles))
        if stated and ask.first not in stated:
            raise NotPublishedError(f"{ask.name}: the file is of {min(stated)}.")
        return sheet


class _Listed:
    """A source whose days are files of one list."""

    _FILES: _Files

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each session."""
        return self._FILES.locate(sessions)

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Look the file up in the list, and ask for it."""
        return self._FILES.fetch(ask, fetcher)

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold the day inside the file against the question."""
        self._FILES.sheet(ask, answers)


class Accounts(_Listed):
    """The account statistics of a session, with the collateral's split into cash and securities."""

    _FILES = _Files("csf-accounts", "融资融券市场每日数据统计")

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id=self._FILES.source,
            label=Text("中证金融信用账户统计", "account statistics of China Securities Finance"),
            publisher=_PUBLISHER,
            page=_PAGE,
            tables=(ACCOUNT_DAILY,),
            first=date(2012, 9, 27),
            by_day=True,
        )

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the account statistics."""
        standing = upright(self._FILES.sheet(ask, answers), aliases())
        if standing is None:
            raise SourceChangedError(
                f"{ask.name}: no label of the file is known (融资余额, 平均维持担保比例, …). Its format has changed."
            )
        _check_labels(standing.sheet.named or (), ask)
        notices = _told_unread(standing.unread)
        digest = joint_sha256(answers)
        return [
            batch_of_upright(standing.sheet, ask=ask, sha256=digest, source="account-statistics-csf", notices=notices)
        ]


class Collateral(_Listed):
    """What of each security is held as collateral on a session."""

    _FILES = _Files("csf-collateral", "担保券市值每日数据统计")
    _LAYOUT = "security-collateral-csf"

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id=self._FILES.source,
            label=Text("中证金融担保券统计", "collateral by security of China Securities Finance"),
            publisher=_PUBLISHER,
            page=_PAGE,
            tables=(SECURITY_COLLATERAL,),
            first=date(2012, 9, 27),
            by_day=True,
        )

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return what is held of each security."""
        sheet = self._FILES.sheet(ask, answers)
        return [batch_of_sheet(sheet, layout_id=self._LAYOUT, ask=ask, sha256=joint_sha256(answers), day=ask.first)]


def _check_labels(labels: Sequence[str], ask: Ask) -> None:
    """Refuse a file that has lost one of the figures on which everything else rests."""
    meanings = [aliases().meaning(label) for label in labels]
    there = {meaning[0].rpartition(".")[2] for meaning in meanings if meaning}
    missing = [ACCOUNT_DAILY.by_name[name].label.zh for name in _NEEDED if name not in there]
    if missing:
        raise SourceChangedError(
            f"{ask.name}: the file has no {', '.join(missing)}; it has {', '.join(labels)}. Its format has changed; "
            "nothing of it was kept."
        )


def _told_unread(labels: Sequence[str]) -> tuple[Notice, ...]:
    if not labels:
        return ()
    listed = ", ".join(labels)
    text = Text(f"发布方新增的项目未入库：{listed}", f"labels that are new and not kept: {listed}")
    return (Notice(text, len(labels)),)
