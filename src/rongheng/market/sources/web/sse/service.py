"""The query service of the Shanghai Stock Exchange: who is asked, and answers that come in pages.

The service answers whoever comes from the exchange's own pages (``Referer``). A day without figures is an empty list
with status 200. What does not live here: what the keys of a table mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rongheng.basics.errors import NotPublishedError, SourceChangedError
from rongheng.basics.text import Text
from rongheng.market.sources.files.dates import parse_day
from rongheng.market.sources.web.body import Record, check_count, json_body, member, records, whole
from rongheng.market.sources.web.source import Answer, Ask, Fetcher

HOST = "query.sse.com.cn"
HEADERS = (("Referer", "https://www.sse.com.cn/"),)
PUBLISHER = Text("上海证券交易所", "Shanghai Stock Exchange")
_PAGE_SIZE = 2000  # more is cut to this
_MOST_PAGES = 50


def first_page() -> tuple[tuple[str, str], ...]:
    """Return the parameters that ask for the first page."""
    return (
        ("pageHelp.pageSize", str(_PAGE_SIZE)),
        ("pageHelp.pageNo", "1"),
        ("pageHelp.beginPage", "1"),
        ("pageHelp.cacheSize", "1"),
        ("pageHelp.endPage", "1"),
    )


def fetch_pages(ask: Ask, fetcher: Fetcher) -> list[Answer]:
    """Ask for the first page, and for as many more as it says."""
    answers = [fetcher.get(ask.request)]
    pages = whole(
        member(json_body(answers[0], ask), "pageHelp", "pageCount", ask=ask), ask=ask, where="pageHelp.pageCount"
    )
    if pages > _MOST_PAGES:
        raise SourceChangedError(
            f"{ask.name}: the answer says that it has {pages} pages; at most {_MOST_PAGES} can be."
        )
    for number in range(2, pages + 1):
        turned = {f"pageHelp.{name}": str(number) for name in ("pageNo", "beginPage", "endPage")}
        params = tuple((key, turned.get(key, value)) for key, value in ask.request.params)
        answers.append(fetcher.get(replace(ask.request, params=params)))
    return answers


def rows_of(ask: Ask, answers: Sequence[Answer], *, date_key: str) -> list[Record]:
    """Return the rows of all pages, held against the count that the first states and the days that were asked for."""
    bodies = [json_body(answer, ask) for answer in answers]
    pages = [records(member(body, "result", ask=ask), ask=ask, where="result") for body in bodies]
    stated = whole(member(bodies[0], "pageHelp", "total", ask=ask), ask=ask, where="pageHelp.total")
    rows = check_count(pages, stated=stated, ask=ask)
    if not rows:
        raise NotPublishedError(f"{ask.name}: the exchange has published nothing for these days yet.")
    for printed in dict.fromkeys(
        str(row[date_key] if date_key in row else member(row, date_key, ask=ask)) for row in rows
    ):
        day = parse_day(printed)
        if day is None or not ask.first <= day <= ask.last:
            raise SourceChangedError(
                f"{ask.name}: a row of {printed} came, which was not asked for. Nothing of it was kept."
            )
    return rows
