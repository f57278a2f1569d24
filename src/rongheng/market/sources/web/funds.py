"""Eastmoney's fund pages (天天基金): net asset values of a fund by day, and the index that it tracks.

Values come in pages of twenty, however many are asked for. The service answers whoever comes from its own pages. Which
funds are asked for is in ``core_funds.yaml``: the large ones on the indices of the house.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from rongheng.basics.batch import Batch
from rongheng.basics.calendar import SHANGHAI
from rongheng.basics.errors import NotPublishedError, SourceChangedError, SourceDownError, SourceRefusedError
from rongheng.basics.ids import indices
from rongheng.basics.tables import ETF_INDEX_MAP, ETF_NAV
from rongheng.basics.text import Text
from rongheng.market.sources.files.dates import parse_day
from rongheng.market.sources.files.records import loads_as_text
from rongheng.market.sources.web.body import Record, check_count, json_body, member, records, script_body, whole
from rongheng.market.sources.web.facts import batch_of, unknown_keys
from rongheng.market.sources.web.source import (
    Answer,
    Ask,
    AskedOnce,
    Description,
    Fetcher,
    Request,
    by_year,
    joint_sha256,
)

NAV_HOST = "api.fund.eastmoney.com"
ABOUT_HOST = "fundmobapi.eastmoney.com"
TREND_HOST = "fund.eastmoney.com"
_PUBLISHER = Text("天天基金", "Eastmoney funds")
_PAGE_SIZE = 20  # more is cut to this
_MOST_PAGES = 20  # of a year
_REFUSED = ("61136403",)


@dataclass(frozen=True, slots=True)
class Fund:
    """One fund: its code as the lake knows it, its name, and the key of the index that it is meant to track."""

    code: str
    name: str
    index: str

    @property
    def index_code(self) -> str:
        """The index as publishers print its code."""
        return indices()[self.index].code.partition(".")[0]

    @property
    def digits(self) -> str:
        """The six digits of its code."""
        return self.code[:6]


@cache
def core_funds() -> tuple[Fund, ...]:
    """Return the funds whose values are kept current, in the order of the file."""
    text = files("rongheng.market.sources.web").joinpath("core_funds.yaml").read_text(encoding="utf-8")
    loaded: Mapping[str, Mapping[str, str]] = yaml.load(text, Loader=yaml.BaseLoader)
    return tuple(Fund(code, entry["name"], entry["index"]) for code, entry in loaded.items())


class Nav:
    """Net asset values of one fund."""

    _LAYOUT = "etf-nav-portal"
    _PATH = "/f10/lsjz"

    def __init__(self, fund: Fund) -> None:
        self.fund = fund

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id="portal-nav",
            label=Text(f"{self.fund.name} 净值", f"net asset values of {self.fund.name}"),
            publisher=_PUBLISHER,
            page=f"https://fundf10.eastmoney.com/jjjz_{self.fund.digits}.html",
            tables=(ETF_NAV,),
            first=date(2012, 5, 28),
            by_day=False,
            revises=False,
            sessions_at_first=60,
            part=self.fund.code,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each year."""
        referer = (("Referer", "https://fundf10.eastmoney.com/"),)
        return [
            Ask(
                "portal-nav",
                first,
                last,
                Request(NAV_HOST, self._PATH, self._params(first, last), referer),
                self.fund.code,
            )
            for first, last in by_year(sessions)
        ]

    def _params(self, first: date, last: date) -> tuple[tuple[str, str], ...]:
        pages = (("pageIndex", "1"), ("pageSize", str(_PAGE_SIZE)))
        return (("fundCode", self.fund.digits), *pages, ("startDate", first.isoformat()), ("endDate", last.isoformat()))

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask for the first page, and for as many more as the count takes."""
        answers = [fetcher.get(ask.request)]
        pages = -(-self._count(answers[0], ask) // _PAGE_SIZE)
        if pages > _MOST_PAGES:
            raise SourceChangedError(
                f"{ask.name}: the answer says that it has {pages} pages, more than a year can have."
            )
        for number in range(2, pages + 1):
            params = tuple((key, str(number) if key == "pageIndex" else value) for key, value in ask.request.params)
            answers.append(fetcher.get(replace(ask.request, params=params)))
        return answers

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold count, pages and days against the question."""
        self._rows(ask, answers)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the values."""
        rows = self._rows(ask, answers)
        more = unknown_keys(rows, layout_id=self._LAYOUT)
        keyed = [{**row, "fundCode": self.fund.code} for row in rows]
        return [batch_of(keyed, layout_id=self._LAYOUT, ask=ask, sha256=joint_sha256(answers), notices=more)]

    def _rows(self, ask: Ask, answers: Sequence[Answer]) -> list[Record]:
        pages = [
            records(member(_data(answer, ask), "LSJZList", ask=ask), ask=ask, where="LSJZList") for answer in answers
        ]
        rows = check_count(pages, stated=self._count(answers[0], ask), ask=ask)
        if not rows:
            raise NotPublishedError(f"{ask.name}: the portal has no value of these days yet.")
        for row in rows:
            day = parse_day(str(member(row, "FSRQ", ask=ask)))
            if day is None or not ask.first <= day <= ask.last:
                raise SourceChangedError(f"{ask.name}: a value of {row['FSRQ']} came, which was not asked for.")
        return rows

    def _count(self, answer: Answer, ask: Ask) -> int:
        _data(answer, ask)
        return whole(member(json_body(answer, ask), "TotalCount", ask=ask), ask=ask, where="TotalCount")


class Trend(AskedOnce):
    """All values of one fund, as the script behind its page has them: for when the service of values fails."""

    _LAYOUT = "etf-nav-portal"
    _VALUES = re.compile(r"Data_netWorthTrend\s*=\s*(\[.*?\])\s*;", re.S)
    _ACCUMULATED = re.compile(r"Data_ACWorthTrend\s*=\s*(\[.*?\])\s*;", re.S)
    _CODE = re.compile(r"fS_code\s*=\s*[\"'](\d{6})[\"']")

    def __init__(self, fund: Fund) -> None:
        self.fund = fund

    def describe(self) -> Description:
        """Say what it is."""
        return replace(
            Nav(self.fund).describe(),
            id="portal-nav-trend",
            page=f"https://fund.eastmoney.com/{self.fund.digits}.html",
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return the one question there is, whatever the sessions."""
        request = Request(TREND_HOST, f"/pingzhongdata/{self.fund.digits}.js")
        return [Ask("portal-nav-trend", sessions[0], sessions[-1], request, self.fund.code)]

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold the fund against the question."""
        self._rows(ask, answers)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the values of the days that were asked for."""
        return [batch_of(self._rows(ask, answers), layout_id=self._LAYOUT, ask=ask, sha256=joint_sha256(answers))]

    def _rows(self, ask: Ask, answers: Sequence[Answer]) -> list[Record]:
        text = script_body(answers[0], ask)
        shown = self._CODE.search(text)
        if shown is None or shown[1] != self.fund.digits:
            raise SourceChangedError(f"{ask.name}: the script is of {shown and shown[1]!r}, which was not asked for.")
        points = records(self._array(self._VALUES, text, ask), ask=ask, where="Data_netWorthTrend")
        values = {_day_of(member(point, "x", ask=ask), ask): member(point, "y", ask=ask) for point in points}
        if len(values) != len(points):
            raise SourceChangedError(f"{ask.name}: {len(points)} values are of {len(values)} days. Nothing was kept.")
        accumulated = dict(self._accumulated(text, ask))
        found: list[Record] = [
            {"fundCode": self.fund.code, "FSRQ": day.isoformat(), "DWJZ": value, "LJJZ": accumulated.get(day)}
            for day, value in values.items()
            if ask.first <= day <= ask.last
        ]
        if not found:
            raise NotPublishedError(f"{ask.name}: the portal has no value of these days yet.")
        return found

    def _accumulated(self, text: str, ask: Ask) -> Iterator[tuple[date, Any]]:
        for pair in self._array(self._ACCUMULATED, text, ask) or ():
            if not isinstance(pair, list) or len(pair) != 2:
                raise SourceChangedError(f"{ask.name}: {str(pair)[:40]!r} is no pair of a moment and a value.")
            yield _day_of(pair[0], ask), pair[1]

    def _array(self, form: re.Pattern[str], text: str, ask: Ask) -> Any:
        name = form.pattern.partition("\\")[0]
        found = form.search(text)
        if found is None and name in text:
            raise SourceDownError(f"{ask.name}: the script was cut short after {name}. Try again later.")
        try:
            return loads_as_text(found[1]) if found is not None else None
        except json.JSONDecodeError as error:
            raise SourceChangedError(f"{ask.name}: {name} is no array of figures ({error}).") from None


def _day_of(moment: object, ask: Ask) -> date:
    """Return the day in Shanghai of a moment in milliseconds: in Greenwich it is still the day before."""
    milliseconds = str(moment).replace(",", "").strip()
    if not milliseconds.isdigit():
        raise SourceChangedError(f"{ask.name}: {milliseconds!r} is no moment in milliseconds. The portal has changed.")
    return datetime.fromtimestamp(int(milliseconds) // 1000, tz=SHANGHAI).date()


class TrackedIndex(AskedOnce):
    """Which index one fund tracks, as its page says it now."""

    _LAYOUT = "etf-index-map"
    _PATH = "/FundMNewApi/FundMNBasicInformation"

    def __init__(self, fund: Fund) -> None:
        self.fund = fund

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id="portal-fund-index",
            label=Text(f"{self.fund.name} 跟踪指数", f"index tracked by {self.fund.name}"),
            publisher=_PUBLISHER,
            page=f"https://fundf10.eastmoney.com/jbgk_{self.fund.digits}.html",
            tables=(ETF_INDEX_MAP,),
            first=date(2020, 1, 2),
            by_day=True,
            is_current=True,
            every_sessions=20,
            part=self.fund.code,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return the one question there is, of the last session."""
        params = (
            ("FCODE", self.fund.digits),
            ("deviceid", "1"),
            ("plat", "Iphone"),
            ("product", "EFund"),
            ("version", "1"),
        )
        request = Request(ABOUT_HOST, self._PATH, params)
        return [Ask("portal-fund-index", day, day, request, self.fund.code) for day in sessions[-1:]]

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold the fund against the question."""
        self._row(ask, answers)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the index of the fund."""
        row = self._row(ask, answers)
        return [batch_of([row], layout_id=self._LAYOUT, ask=ask, sha256=joint_sha256(answers))]

    def _row(self, ask: Ask, answers: Sequence[Answer]) -> Record:
        data = _data(answers[0], ask, key="Datas")
        shown = str(member(data, "FCODE", ask=ask)).strip()
        if shown != self.fund.digits:
            raise SourceChangedError(f"{ask.name}: the fund {shown!r} came, which was not asked for.")
        code = str(member(data, "INDEXCODE", ask=ask) or "").strip()
        if not code:
            raise NotPublishedError(f"{ask.name}: the portal names no index of this fund.")
        return {
            "day": ask.first.isoformat(),
            "fund": self.fund.code,
            "fund_name": data.get("SHORTNAME") or self.fund.name,
            "index_code": code,
            "index_name": data.get("INDEXNAME"),
        }


def _data(answer: Answer, ask: Ask, key: str = "Data") -> Any:
    """Return the part of an answer that holds the figures; the service says that it refuses with status 200."""
    body = json_body(answer, ask)
    code = str(member(body, "ErrCode", ask=ask))
    if code in _REFUSED:
        raise SourceRefusedError(f"{ask.name}: the portal refuses ({code}: {body.get('ErrMsg')}). Wait half an hour.")
    if code != "0":
        raise SourceChangedError(f"{ask.name}: the portal rejects the question ({code}: {body.get('ErrMsg')}).")
    data = member(body, key, ask=ask)
    if data is None:
        raise NotPublishedError(f"{ask.name}: the portal has nothing of this fund.")
    return data
