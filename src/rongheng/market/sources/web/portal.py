"""Eastmoney's data centre (东方财富数据中心): account statistics, and margin balances with float caps by exchange.

The portal hands on what 中证金融 and the exchanges publish. Its answers have pages, which the server may make smaller
than what was asked for, and errors come with status 200. Which of the two parts of the collateral is cash is inferred
from the portal's names; the split lands only where it adds up (``files.checks.collateral``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from rongheng.basics.batch import Batch, Notice
from rongheng.basics.errors import NotPublishedError, SourceChangedError, SourceRefusedError
from rongheng.basics.tables import ACCOUNT_DAILY, MARGIN_SUMMARY, MARKET_DAILY
from rongheng.basics.text import Text
from rongheng.market.sources.files.dates import parse_day
from rongheng.market.sources.files.numbers import BLANKS
from rongheng.market.sources.web.body import Record, check_count, json_body, member, records, whole
from rongheng.market.sources.web.facts import batch_of, unknown_keys
from rongheng.market.sources.web.source import (
    Answer,
    Ask,
    Description,
    Fetcher,
    Request,
    by_year,
    joint_sha256,
)

HOST = "datacenter-web.eastmoney.com"
_PATH = "/api/data/v1/get"
_PAGE_SIZE = 500
_MOST_PAGES = 100
_SHARE_TOLERANCE = 0.01  # relative, between the printed share and the one that follows
_SHARE_ROUNDING = 0.005  # of a per cent: the share may have two decimals
PUBLISHER = Text("东方财富数据中心", "Eastmoney data centre")


@dataclass(frozen=True, slots=True)
class Report:
    """One report of the data centre, by its name and the key that a question is narrowed by: that of its date."""

    name: str
    key: str
    page: str

    def locate(self, source: str, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each year, oldest rows first, so that the pages stay what they are."""
        return [
            Ask(source, first, last, Request(HOST, _PATH, self._params(first, last), (("Referer", self.page),)))
            for first, last in by_year(sessions)
        ]

    def _params(self, first: date, last: date) -> tuple[tuple[str, str], ...]:
        return (
            ("reportName", self.name),
            ("columns", "ALL"),
            ("filter", f"({self.key}>='{first}')({self.key}<='{last}')"),
            ("sortColumns", self.key),
            ("sortTypes", "1"),
            ("pageNumber", "1"),
            ("pageSize", str(_PAGE_SIZE)),
            ("source", "WEB"),
            ("client", "WEB"),
        )

    def ask_of_day(self, source: str, day: date, *, sort_by: str) -> Ask:
        """Return the question for one session, its rows in the order of a key, so that the pages stay what they are."""
        return self.ask_where(source, day, day.isoformat(), quote="'", sort_by=sort_by)

    def ask_where(self, source: str, day: date, value: str, *, sort_by: str, quote: str = '"') -> Ask:
        """Return the question, put in a session, for the rows whose key has a value, in the order of another key."""
        asked = {"filter": f"({self.key}={quote}{value}{quote})", "sortColumns": sort_by}
        params = tuple((key, asked.get(key, value)) for key, value in self._params(day, day))
        return Ask(source, day, day, Request(HOST, _PATH, params, (("Referer", self.page),)))

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask for the first page, and for as many more as it says."""
        answers = [fetcher.get(ask.request)]
        result = _result(answers[0], ask)
        pages = 1 if result is None else whole(member(result, "pages", ask=ask), ask=ask, where="result.pages")
        if pages > _MOST_PAGES:
            raise SourceChangedError(
                f"{ask.name}: the answer says that it has {pages} pages, more than a year can have."
            )
        for number in range(2, pages + 1):
            params = tuple((key, str(number) if key == "pageNumber" else value) for key, value in ask.request.params)
            answers.append(fetcher.get(replace(ask.request, params=params)))
        return answers

    def rows(self, ask: Ask, answers: Sequence[Answer]) -> list[Record]:
        """Return the rows of all pages, held against the count and the days that were asked for."""
        found = self.all_rows(ask, answers)
        self._check_days(found, ask)
        return found

    def all_rows(self, ask: Ask, answers: Sequence[Answer]) -> list[Record]:
        """Return the rows of all pages, held against the count: for a report whose rows are of no day."""
        results = [_result(answer, ask) for answer in answers]
        if results[0] is None:
            raise NotPublishedError(f"{ask.name}: the portal has no row of these days yet.")
        pages = [_rows(result, ask) for result in results]
        stated = whole(member(results[0], "count", ask=ask), ask=ask, where="result.count")
        found = check_count(pages, stated=stated, ask=ask)
        if not found:
            raise NotPublishedError(f"{ask.name}: the portal has no row of these days yet.")
        return found

    def _check_days(self, rows: Sequence[Record], ask: Ask) -> None:
        for row in rows:
            if self.key not in row:
                raise SourceChangedError(
                    f"{ask.name}: a row has no {self.key!r}; it has {', '.join(row)}. The portal has changed."
                )
            day = parse_day(str(row[self.key]))
            if day is None or not ask.first <= day <= ask.last:
                raise SourceChangedError(
                    f"{ask.name}: a row of {row[self.key]} came, which was not asked for. The portal no longer "
                    "heeds the days of a question; nothing of this answer was kept."
                )


def _result(answer: Answer, ask: Ask) -> Any:
    """Return the ``result`` of an answer; ``None`` where the portal says that it has nothing."""
    body = json_body(answer, ask)
    if member(body, "success", ask=ask) is True:
        return member(body, "result", ask=ask)
    message, code = str(body.get("message")), str(body.get("code"))
    if "空" in message or code == "9201":  # 返回数据为空
        return None
    if any(word in message for word in ("频繁", "限制", "验证")):
        raise SourceRefusedError(f"{ask.name}: the portal refuses: {message} ({code}). Wait half an hour.")
    raise SourceChangedError(
        f"{ask.name}: the portal rejects the question: {message} ({code}). Its reports have changed."
    )


def _rows(result: Any, ask: Ask) -> list[Record]:
    if result is None:
        raise SourceChangedError(f"{ask.name}: a later page is empty. Nothing of this answer was kept.")
    return records(member(result, "data", ask=ask), ask=ask, where="result.data")


class Accounts:
    """The daily account statistics of 中证金融, with the collateral's split into cash and securities."""

    _LAYOUT = "account-statistics-raw"
    _REPORT = Report("RPTA_WEB_MARGIN_DAILYTRADE", "STATISTICS_DATE", "https://data.eastmoney.com/rzrq/zhtjday.html")

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id="portal-accounts",
            label=Text("信用账户统计", "account statistics"),
            publisher=PUBLISHER,
            page=self._REPORT.page,
            tables=(ACCOUNT_DAILY,),
            first=date(2012, 9, 27),
            by_day=False,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each year."""
        return self._REPORT.locate(self.describe().id, sessions)

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask for every page."""
        return self._REPORT.fetch(ask, fetcher)

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold count, pages and days against the question."""
        self._REPORT.rows(ask, answers)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the account statistics."""
        rows = self._REPORT.rows(ask, answers)
        more = unknown_keys(rows, layout_id=self._LAYOUT)
        digest = joint_sha256(answers)
        return [batch_of(rows, layout_id=self._LAYOUT, ask=ask, sha256=digest, notices=more)]


class Balances:
    """Margin balances and float caps of the three exchanges and of the whole market, one wide row a session.

    A row appears before every exchange has published; the figures of the others are null then, and the total is not a
    total. Such a total is left out.
    """

    _REPORT = Report("RPTA_RZRQ_LSDB", "DIM_DATE", "https://data.eastmoney.com/rzrq/total.html")
    _MARKETS = (("TOTAL_", "ALL"), ("H_", "SSE"), ("S_", "SZSE"), ("B_", "BSE"))
    _BALANCE_KEYS = ("RZYE", "RZMRE", "RQYE", "RQYL", "RQMCL", "RZRQYE", "RZYEZB")
    _CAP_KEYS = ("LTSZ",)
    _BSE_FROM = date(2023, 2, 13)

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id="portal-balances",
            label=Text("两融余额与流通市值", "margin balances and float caps"),
            publisher=PUBLISHER,
            page=self._REPORT.page,
            tables=(MARGIN_SUMMARY, MARKET_DAILY),
            first=date(2010, 3, 31),
            by_day=False,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each year."""
        return self._REPORT.locate(self.describe().id, sessions)

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask for every page."""
        return self._REPORT.fetch(ask, fetcher)

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold count, pages, days and keys against the question."""
        rows = self._REPORT.rows(ask, answers)
        wanted = {f"{prefix}{key}" for prefix, _ in self._MARKETS for key in (*self._BALANCE_KEYS, *self._CAP_KEYS)}
        for number, row in enumerate(rows, start=1):
            missing = sorted(wanted - row.keys())
            if missing:
                raise SourceChangedError(
                    f"{ask.name}: row {number} has no {', '.join(map(repr, missing))}. The portal has changed its "
                    "format; nothing of this answer was kept."
                )

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the balances, and beside them the float caps."""
        self.check(ask, answers)
        rows = self._REPORT.rows(ask, answers)
        partial = [str(parse_day(str(row["DIM_DATE"]))) for row in rows if self._absent(row)]
        digest = joint_sha256(answers)
        balances = list(self._long(rows, self._BALANCE_KEYS))
        if not balances:
            raise NotPublishedError(f"{ask.name}: no exchange has published these days yet.")
        told = _told_partial(partial)
        batches = [batch_of(balances, layout_id="margin-balances-portal", ask=ask, sha256=digest, notices=told)]
        caps = list(self._long(rows, (*self._CAP_KEYS, "RZYE", "RZYEZB")))
        proven = [{key: row[key] for key in ("DIM_DATE", "MARKET", "LTSZ")} for row in caps if _is_proven(row)]
        if proven:
            told = _told_unproven(len(caps) - len(proven))
            batches.append(batch_of(proven, layout_id="float-cap-portal", ask=ask, sha256=digest, notices=told))
        return batches

    def _long(self, rows: Sequence[Record], keys: Sequence[str]) -> Iterator[Record]:
        """Yield one row a session and market, where the market has any figure."""
        for row in rows:
            for prefix, market in self._MARKETS:
                figures = {key: row[f"{prefix}{key}"] for key in keys}
                if all(_blank(value) for value in figures.values()) or (market == "ALL" and self._absent(row)):
                    continue
                yield {"DIM_DATE": row["DIM_DATE"], "MARKET": market, **figures}

    def _absent(self, row: Record) -> list[str]:
        """Return the exchanges that must be in the row and are not."""
        day = parse_day(str(row["DIM_DATE"]))
        since_bse = day is not None and day >= self._BSE_FROM
        expected = [prefix for prefix, market in self._MARKETS[1:] if market != "BSE" or since_bse]
        return [prefix for prefix in expected if _blank(row[f"{prefix}RZYE"])]


def _is_proven(row: Record) -> bool:
    """Say whether a float cap is in yuan: the balance divided by it is the share that the row prints."""
    cap, balance, share = (_float(row[key]) for key in ("LTSZ", "RZYE", "RZYEZB"))
    if cap is None or balance is None or share is None or cap <= 0 or share <= 0:
        return False
    return abs(100 * balance / cap - share) <= _SHARE_TOLERANCE * share + _SHARE_ROUNDING


def _float(value: Any) -> float | None:
    try:
        return float(str(value).replace(",", ""))
    except ValueError:
        return None


def _told_unproven(count: int) -> tuple[Notice, ...]:
    if not count:
        return ()
    text = Text(
        f"{count} 个流通市值与同行所载占比不符，未入库",
        f"float caps that the share printed beside them does not prove, not kept: {count}",
    )
    return (Notice(text, count),)


def _blank(value: Any) -> bool:
    return value is None or str(value).strip().lower() in BLANKS


def _told_partial(days: Sequence[str]) -> tuple[Notice, ...]:
    if not days:
        return ()
    shown = ", ".join(days[:3])
    text = Text(
        f"{len(days)} 日尚有交易所未公布（{shown}），合计不入库",
        f"sessions of which an exchange is not out yet, so that the total is left out: {len(days)} ({shown})",
    )
    return (Notice(text, len(days)),)
