"""Ten years of margin details parsed and landed as an update does it, and one day's update beyond the network.

4,000 securities of two exchanges over 2,400 sessions stand for everything that Shanghai and Shenzhen have printed of
single securities in ten years: 9.6 million rows, about 1.1 GB of answers. Figures are made up and keep the accounting
identities. Answers are rendered and kept outside the clock; what is timed is `rongheng update --again` from its first
kept answer to its summary: read, parse, check, compare with what the lake has, write durably.

Budget: ten years in 5 minutes and 4 GiB; one day in 2 s. The bound beside it is Polars reading the same JSON texts and
writing the frames as Parquet, which understands and promises nothing.

``UPDATE_SESSIONS`` takes fewer, ``UPDATE_PROCESSES`` other than as many as read by default.
"""

from __future__ import annotations

import json
import os
import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import polars as pl

from bench.measure import machine
from rongheng.basics.calendar import SHANGHAI, at, calendar
from rongheng.desk.missing import Wish
from rongheng.desk.update import raw_store, reading_processes, reparse, update
from rongheng.market.sources.web import GOOD, Answer, Request, Source, sse, szse
from rongheng.market.sources.web.szse.report import workbook_request
from rongheng.market.store import Lake

SECURITIES = 2_000  # of each exchange
MUST_BE_NAMED = True
SESSIONS = 2_400
TOGETHER = 20
EVENING = datetime.min.time().replace(hour=18)


class Market:
    """Balances of every security, moved on by one session at a time."""

    def __init__(self, seed: int = 7) -> None:
        self._chance = np.random.default_rng(seed)
        self.codes = [f"{600_000 + number}" for number in range(SECURITIES)]
        self.balance = self._chance.integers(10**7, 10**9, SECURITIES)
        self.shares = self._chance.integers(10**3, 10**6, SECURITIES)

    def step(self) -> dict[str, np.ndarray]:
        """Return the figures of the next session; what was repaid or returned follows from the balances."""
        buys, sold = (self._chance.integers(0, most, SECURITIES) for most in (10**7, 10**4))
        repaid, returned = self._chance.integers(0, 10**7, SECURITIES), self._chance.integers(0, 10**4, SECURITIES)
        repaid, returned = np.minimum(repaid, self.balance), np.minimum(returned, self.shares)
        self.balance = self.balance + buys - repaid
        self.shares = self.shares + sold - returned
        return {
            "rzye": self.balance, "rzmre": buys, "rzche": repaid,
            "rqyl": self.shares, "rqmcl": sold, "rqchl": returned,
        }  # fmt: skip


def shanghai(codes: Sequence[str], day: date, figures: dict[str, np.ndarray]) -> bytes:
    """Return a day's details as Shanghai answers them."""
    columns = [figures[key].tolist() for key in ("rqchl", "rqmcl", "rqyl", "rzche", "rzmre", "rzye")]
    rows = [
        f'{{"opDate":"{day:%Y%m%d}","rqchl":{a},"rqmcl":{b},"rqyl":{c},"rqylje":null,"rzche":{d},"rzmre":{e},'
        f'"rzrqjyzl":null,"rzye":{f},"securityAbbr":"证券","stockCode":"{code}"}}'
        for code, a, b, c, d, e, f in zip(codes, *columns, strict=True)
    ]
    total = len(rows)
    return (
        f'{{"pageHelp":{{"total":{total},"pageCount":1,"pageNo":1,"pageSize":2000}},"result":[{",".join(rows)}]}}'
    ).encode()


def shenzhen(codes: Sequence[str], day: date, figures: dict[str, np.ndarray]) -> list[bytes]:
    """Return a day's details as Shenzhen answers them: the tabs, and the workbook."""
    price = 12
    short = figures["rqyl"] * price
    columns = {
        "融资买入额(元)": figures["rzmre"], "融资余额(元)": figures["rzye"], "融券卖出量(股/份)": figures["rqmcl"],
        "融券余量(股/份)": figures["rqyl"], "融券余额(元)": short, "融资融券余额(元)": figures["rzye"] + short,
    }  # fmt: skip
    texts = zip(*([f"{value:,}" for value in column.tolist()] for column in columns.values()), strict=True)
    rows = [(f"00{code[2:]}", "证券", *cells) for code, cells in zip(codes, texts, strict=True)]
    return [_tabs(day, figures, short), workbook([("证券代码", "证券简称", *columns), *rows])]


def workbook(rows: Sequence[Sequence[str]]) -> bytes:
    """Return rows of text as a workbook of one sheet; a library that writes one takes minutes for ten years."""
    lines = "".join(f"<row>{''.join(map(_CELL.format, row))}</row>" for row in rows)
    whole = BytesIO()
    with ZipFile(whole, "w", ZIP_DEFLATED, compresslevel=1) as parts:
        for name, text in _FRAME.items():
            parts.writestr(name, _HEAD + text)
        parts.writestr(
            "xl/worksheets/sheet1.xml", f"{_HEAD}<worksheet {_MAIN}><sheetData>{lines}</sheetData></worksheet>"
        )
    return whole.getvalue()


_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_CELL = '<c t="inlineStr"><is><t>{}</t></is></c>'
_OPEN = "http://schemas.openxmlformats.org"
_MAIN = f'xmlns="{_OPEN}/spreadsheetml/2006/main"'
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_LINKS = (
    f'<Relationships xmlns="{_OPEN}/package/2006/relationships"><Relationship Id="rId1" Type="{_OPEN}/officeDocument'
)
_FRAME = {
    "[Content_Types].xml": f'<Types xmlns="{_OPEN}/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>',
    "_rels/.rels": f'{_LINKS}/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_OPEN}/officeDocument/2006/relationships">'
    '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'{_LINKS}/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>'
    "</Relationships>",
}


def _tabs(day: date, figures: dict[str, np.ndarray], short: np.ndarray) -> bytes:
    financing = int(figures["rzye"].sum())
    summary = {
        "metadata": {
            "tabkey": "tab1", "subname": f"{day}", "recordcount": 1, "pagecount": 1, "conditions": [],
            "cols": {"jrrzye": "融资余额<br>(亿元)"},
        },
        "data": [{"jrrzye": f"{financing / 1e8:,.2f}"}], "error": None,
    }  # fmt: skip
    details = {
        "metadata": {
            "tabkey": "tab2", "subname": f"{day}", "recordcount": len(short), "pagecount": 100, "conditions": [],
            "cols": {"zqdm": "证券代码"},
        },
        "data": [{"zqdm": "000001"}], "error": None,
    }  # fmt: skip
    return json.dumps([summary, details], ensure_ascii=False).encode()


class Rendered:
    """Answers that wait to be read, by what is asked."""

    def __init__(self) -> None:
        self.bodies: dict[Request, bytes] = {}

    def get(self, request: Request) -> Answer:
        """Return what was rendered; Beijing has nothing to say."""
        empty = b"answer([[{'totalPages':0,'totalElements':0,'content':[]}]])".replace(b"'", b'"')
        return Answer(request.address, self.bodies.get(request, empty), datetime(2024, 9, 2, tzinfo=SHANGHAI))


@dataclass(frozen=True)
class Spent:
    """Seconds on the wall and of all cores; the second says what the work takes on a machine that others use."""

    wall: float
    cpu: float

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.wall + other.wall, self.cpu + other.cpu)

    def __str__(self) -> str:
        return f"{self.wall:7.1f} s ({self.cpu:.1f} s of cores)"


class Mark:
    """Now, on both clocks; processes that have ended count."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), _seconds_of_cores()

    def passed(self) -> Spent:
        """Return what has passed since."""
        return Spent(time.perf_counter() - self._wall, _seconds_of_cores() - self._cpu)


def _seconds_of_cores() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


class Backfill:
    """Ten years of answers, kept beside a lake that has none of them yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lake = Lake(folder / "lake", create=True)
        self.raw = raw_store(self.lake)
        self.sources: tuple[Source, Source] = (sse.Details(), szse.Details())
        self.markets = (Market(1), Market(2))
        self.bound = Spent(0.0, 0.0)
        self.answered = 0

    def keep(self, days: Sequence[date]) -> None:
        """Keep the answers of the days, as an update that asked for them would have."""
        for start in range(0, len(days), TOGETHER):
            texts = [self._keep(place, day) for day in days[start : start + TOGETHER] for place in (0, 1)]
            self._time_bound(texts[::2])

    def _keep(self, place: int, day: date) -> bytes:
        bodies = self.render(place, day)
        (ask,) = self.sources[place].locate([day])
        answers = [Answer("", body, at(day, EVENING)) for body in bodies]
        for answer in answers:
            self.raw.keep(answer)
        self.raw.note(ask, answers, at=at(day, EVENING), outcome=GOOD)
        self.answered += sum(len(body) for body in bodies)
        return bodies[0]

    def render(self, place: int, day: date) -> list[bytes]:
        """Return what an exchange answers of the day after the last one."""
        figures = self.markets[place].step()
        codes = self.markets[place].codes
        return [shanghai(codes, day, figures)] if place == 0 else shenzhen(codes, day, figures)

    def read(self, *, processes: int) -> Spent:
        """Return what it takes to read and to land everything that is kept."""
        began = Mark()
        now = datetime(2024, 9, 2, tzinfo=SHANGHAI)
        (done,) = reparse(self.lake, raw=self.raw, now=now, wish=Wish(("details",)), processes=processes)
        assert not done.troubles, done.troubles[0]
        return began.passed()

    def _time_bound(self, texts: Sequence[bytes]) -> None:
        """What it takes to read Shanghai's half as JSON and to write it, twice over for both."""
        began = Mark()
        frame = pl.concat([pl.DataFrame(json.loads(text)["result"]) for text in texts])
        frame.write_parquet(self.folder / "bound.parquet")
        passed = began.passed()
        self.bound += passed + passed


def one_day(backfill: Backfill, day: date) -> Spent:
    """Return how long an update of one more day takes beyond the network, on the lake that ten years have filled."""
    answers = Rendered()
    for place, source in enumerate(backfill.sources):
        (ask,) = source.locate([day])
        bodies = backfill.render(place, day)
        answers.bodies[ask.request] = bodies[0]
        if place:
            answers.bodies[workbook_request(ask.request)] = bodies[1]
    now = at(calendar().offset(day, 1), EVENING)
    began = Mark()
    lake = Lake(backfill.folder / "lake")
    list(update(lake, client=answers, raw=raw_store(lake), now=now, wish=Wish(("details",), day)))
    return began.passed()


def main() -> None:
    """Print the times."""
    count = int(os.environ.get("UPDATE_SESSIONS", SESSIONS))
    last = calendar().sessions.index(date(2024, 9, 2))
    days = calendar().sessions[last - count : last]
    print(f"{machine()}; {2 * SECURITIES:,} securities × {count:,} sessions")
    with tempfile.TemporaryDirectory() as name:
        backfill = Backfill(Path(name))
        backfill.keep(days[:-1])
        processes = int(os.environ.get("UPDATE_PROCESSES", reading_processes()))
        spent = backfill.read(processes=processes)
        rows = backfill.lake.rows("security_margin")
        print(f"{rows:,} rows from {backfill.answered / 1e9:.2f} GB of answers")
        print(f"parse and land, {processes} reading side by side: {spent}")
        print(f"{spent.cpu / backfill.bound.cpu:6.2f} x json.loads and write_parquet in seconds of cores")
        print(f"one more day: {one_day(backfill, days[-1])}")
    own, beside = (
        resource.getrusage(who).ru_maxrss / 2**20 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(f"peak memory {own:.2f} GiB, {beside:.2f} GiB in each process beside")


if __name__ == "__main__":
    main()
