"""China Financial Futures Exchange (中国金融期货交易所): bars of every index future, by day or a month in one archive.

The files are GBK text with options and subtotals among the futures, and blanks behind the codes. A file that is not
there is an HTML page with status 200. Days are named by the files alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby

from rongheng.basics.batch import Batch
from rongheng.basics.errors import NotPublishedError, SourceChangedError, SourceDownError
from rongheng.basics.futures import PRODUCTS
from rongheng.basics.tables import FUTURES_BARS
from rongheng.basics.text import Text
from rongheng.market.sources.files.sheet import Sheet
from rongheng.market.sources.files.undated import days_in
from rongheng.market.sources.web.body import archive_body, text_body
from rongheng.market.sources.web.facts import batch_of_sheet, joined_batch
from rongheng.market.sources.web.source import Answer, Ask, AskedOnce, Description, Request, joint_sha256

HOST = "www.cffex.com.cn"
_LAYOUT = "futures-bars-cffex"
_SOURCE = "cffex-bars"
_A_FEW = 5  # sessions of one month that are asked for one by one
_ZIP = b"PK"
_SUBTOTAL, _TOTAL = "小计", "合计"
_ABSENT = "页面不存在"


class Bars(AskedOnce):
    """Bars of index futures: IF, IH, IC and IM; ``by_day`` asks for the files of days alone."""

    def __init__(self, *, by_day: bool = False) -> None:
        self._by_day = by_day

    @property
    def _id(self) -> str:
        return f"{_SOURCE}-by-day" if self._by_day else _SOURCE

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id=self._id,
            label=Text("中金所股指期货日行情", "bars of index futures"),
            publisher=Text("中国金融期货交易所", "China Financial Futures Exchange"),
            page="http://www.cffex.com.cn/rtj/",
            tables=(FUTURES_BARS,),
            first=PRODUCTS["IF"].first,
            by_day=self._by_day,
            revises=False,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each month, or for each session where a few of a month are wanted."""
        asks: list[Ask] = []
        for (year, month), group in groupby(sessions, key=lambda day: (day.year, day.month)):
            days = list(group)
            if len(days) > _A_FEW and not self._by_day:
                name = f"{year}{month:02d}"
                path = f"/sj/historysj/{name}/zip/{name}.zip"
                asks.append(Ask(self._id, days[0], days[-1], _request(path)))
            else:
                asks += [Ask(self._id, day, day, _request_of_day(day)) for day in days]
        return asks

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold the days of the files against the question."""
        self._sheets(ask, answers)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the bars of the days that were asked for."""
        sheets = self._sheets(ask, answers)
        digest = joint_sha256(answers)
        if len(sheets) == 1:
            ((day, sheet),) = sheets.items()
            return [batch_of_sheet(sheet, layout_id=_LAYOUT, ask=ask, sha256=digest, day=day)]
        return [joined_batch(sheets, layout_id=_LAYOUT, ask=ask, sha256=digest)]

    def _sheets(self, ask: Ask, answers: Sequence[Answer]) -> dict[date, Sheet]:
        _check_there(answers[0], ask)
        if not answers[0].body.startswith(_ZIP) and ask.first == ask.last:
            return {ask.first: _whole(text_body(answers[0], ask), ask)}
        found = {_day_of(sheet, ask): _whole(sheet, ask) for sheet in archive_body(answers[0], ask)}
        strange = [day for day in found if (day.year, day.month) != (ask.first.year, ask.first.month)]
        if strange:
            raise SourceChangedError(f"{ask.name}: the archive holds {strange[0]}, which was not asked for.")
        wanted = {day: sheet for day, sheet in sorted(found.items()) if ask.first <= day <= ask.last}
        if not wanted:
            raise NotPublishedError(f"{ask.name}: the archive of the month has none of these days yet.")
        return wanted


def _request_of_day(day: date) -> Request:
    path = f"/sj/hqsj/rtj/{day:%Y%m}/{day:%d}/{day:%Y%m%d}_1.csv"
    return replace(_request(path), lists=True)  # whichever of the two sources asks for it


def _request(path: str) -> Request:
    return Request(HOST, path, scheme="http")


def _day_of(sheet: Sheet, ask: Ask) -> date:
    """Return the day in the name of a file of an archive."""
    days = days_in(sheet.name or "")
    if len(days) != 1:
        raise SourceChangedError(
            f"{ask.name}: the archive holds {sheet.name!r}, whose name says no day. The exchange has changed its files."
        )
    return days.pop()


def _whole(sheet: Sheet, ask: Ask) -> Sheet:
    """Return a day's table once its total stands at its end, which a table that was cut short lacks."""
    codes = sheet.cells[:, 0].str.strip_chars()
    if (codes == _SUBTOTAL).any() and not (codes == _TOTAL).any():
        raise SourceDownError(f"{ask.name}: the table has subtotals and no total: it was cut short. Try again later.")
    return sheet


def _check_there(answer: Answer, ask: Ask) -> None:
    """A file that is not there yet is a page that says so, with status 200."""
    start = answer.body[:4096].lstrip()
    if start.startswith(b"<") and any(_ABSENT.encode(coding) in answer.body for coding in ("utf-8", "gb18030")):
        raise NotPublishedError(f"{ask.name}: the exchange has no file of that day yet.")
