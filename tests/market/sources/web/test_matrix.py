"""Every fault of an answer's rows at every endpoint: what comes of each is said here, or why it can not happen there.

What lives here: what may befall the rows of any publisher alike. What does not: what one publisher does alone
(``test_faults.py``, ``test_lists.py``), and the faults on the way, which befall bytes (``test_faults.py``).
"""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from rongheng.basics.batch import Batch
from rongheng.basics.calendar import SHANGHAI
from rongheng.basics.errors import NotPublishedError, SourceChangedError, SourceDownError
from rongheng.market.sources.web import Answer, Request, csi
from rongheng.market.sources.web.datasets import datasets
from tests.market.sources.web import endpoints as at
from tests.market.sources.web.endpoints import EVERY, Endpoint
from tests.market.sources.web.loopback import Loopback
from tests.market.sources.web.world import Document, World, make_world

Rows = list[dict[str, Any]]
_BEFORE = date(2024, 2, 29)  # the session before the first that is asked for
_NAMES = ("fund_name", "index_name")  # are kept as printed


class Straight(Loopback):
    """The publishers without a wire, which these faults do not need."""

    def get(self, request: Request) -> Answer:
        params = dict(request.params) | dict(request.form or ())
        reply = self.answer(f"{request.host}{request.path}", params, {})
        return Answer(f"{request.host}{request.path}", reply.body, datetime(2024, 4, 8, 20, 0, tzinfo=SHANGHAI))


@pytest.fixture
def publishers(world: World) -> Straight:
    return Straight(world)


# --- what may befall rows --------------------------------------------------------------------------------------------


def _shuffled(_: Endpoint, rows: Rows) -> None:
    for number, row in enumerate(rows):
        items = list(row.items())
        random.Random(number + 1).shuffle(items)
        row.clear()
        row.update(items)


def _separated_or_not(endpoint: Endpoint, rows: Rows) -> None:
    for row in rows:
        row.update({key: _other_separators(row[key]) for key in _figures(endpoint) if key in row})


def _figures(endpoint: Endpoint) -> list[str]:
    return [key for key in (endpoint.key, endpoint.blank, endpoint.amount) if key]


def _other_separators(cell: Any) -> Any:
    text = str(cell)
    if "," in text:
        return text.replace(",", "")
    whole, point, rest = text.partition(".")
    return f"{int(whole):,}{point}{rest}" if re.fullmatch(r"-?\d+(\.\d+)?", text) else cell


def _spaced(_: Endpoint, rows: Rows) -> None:
    for row in rows:
        row.update({key: f" {cell} " for key, cell in row.items() if cell not in (None, "")})


def _with_a_new_key(_: Endpoint, rows: Rows) -> None:
    for row in rows:
        row["BRAND_NEW"] = 1


def _without_the_key(endpoint: Endpoint, rows: Rows) -> None:
    for row in rows:
        del row[endpoint.key]


def _blank(cell: Any) -> Callable[[Endpoint, Rows], None]:
    def change(endpoint: Endpoint, rows: Rows) -> None:
        for row in rows:
            row[endpoint.blank] = cell

    return change


def _first_figure_gone(endpoint: Endpoint, rows: Rows) -> None:
    rows[0][endpoint.key] = "--"


def _slipped(factor: float) -> Callable[[Endpoint, Rows], None]:
    def change(endpoint: Endpoint, rows: Rows) -> None:
        name = (endpoint.amount or endpoint.key).removeprefix("TOTAL")
        for row in rows:
            for key in [key for key in row if key.endswith(name) and row[key] not in ("", None)]:
                row[key] = repr(float(str(row[key]).replace(",", "")) * factor)

    return change


def _one_less(_: Endpoint, rows: Rows) -> None:
    rows.pop()


def _one_twice(_: Endpoint, rows: Rows) -> None:
    rows.append(dict(rows[0]))


# --- what comes of it ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """A fault, what comes of it, where something else does, and where it can not happen and why."""

    name: str
    change: Callable[[Endpoint, Rows], None]
    comes: str = "refused"
    else_where: Mapping[str, tuple[Endpoint, ...]] = field(default_factory=dict)
    not_at: Mapping[str, tuple[Endpoint, ...]] = field(default_factory=dict)

    def of(self, endpoint: Endpoint) -> str:
        """Return what comes of it at an endpoint."""
        return next((comes for comes, these in self.else_where.items() if endpoint in these), self.comes)

    def at(self) -> list[Endpoint]:
        """Return where it can happen."""
        return [one for one in EVERY if not any(one in these for these in self.not_at.values())]

    def __str__(self) -> str:
        return self.name


_LISTS = (
    at.SZSE_TRACKED,
    at.TRACKED,
    at.SSE_LISTS,
    at.SZSE_LISTS,
    at.SZSE_LISTS_WORKBOOK,
    at.BSE_LISTS,
    at.BSE_LISTS_SECOND,
    at.MEMBERS,
    at.PORTAL_MEMBERS,
)
_CFFEX = (at.CFFEX_DAY, at.CFFEX_BY_DAY, at.CFFEX_MONTH)
_ONE_FIGURE = (
    at.SSE_FUNDS,
    at.SZSE_FUNDS,
    at.SZSE_LATEST,
    at.TREND,
    at.WEIGHTS,
    at.CALENDAR,
)
_NO_COUNT = (at.CSF_COLLATERAL, at.CSI_BARS, at.QUOTES, at.MEMBERS, at.SZSE_LISTS_WORKBOOK)
_TURNOVER = (at.SSE_TURNOVER, at.SZSE_TURNOVER, at.SZSE_TURNOVER_WORKBOOK)
_NOTHING_KEPT = (at.SSE_TURNOVER, at.SZSE_TURNOVER_WORKBOOK)  # of their last row, a product or a class apart
_BY_PLACE = (at.SSE_LISTS, at.QUOTES)
_NO_FIGURE = {"it has no figure": _LISTS}
_NO_SECOND = {"all that it says is needed": (*_LISTS, *_ONE_FIGURE)}
_ONE_ROW = (at.SZSE_MARGIN, at.BSE_MARGIN, at.BSE_MARGIN_SECOND, at.CSF_ACCOUNTS, at.TRACKED)

FAULTS = (
    Fault(
        "keys in another order",
        _shuffled,
        "same",
        {"refused": (at.SSE_LISTS,)},
        {"the question orders the parts of a bar": (at.QUOTES,)},
    ),
    Fault(
        "thousands separators or none",
        _separated_or_not,
        "same",
        not_at={
            "a comma parts the figures": (at.QUOTES, *_CFFEX),
            "it has no figure of four digits": (*_LISTS, at.NAV, at.TREND, at.WEIGHTS, at.CALENDAR, at.SZSE_PAGED),
        },
    ),
    Fault("spaces", _spaced, "same"),
    Fault("a new key", _with_a_new_key, "same", {"refused": _BY_PLACE}),
    Fault("a key missing", _without_the_key),
    Fault("-- for a figure", _blank("--"), "missing", not_at=_NO_SECOND),
    Fault("nothing for a figure", _blank(""), "missing", not_at=_NO_SECOND),
    Fault(
        "-- for the figure that counts",
        _first_figure_gone,
        "less",
        {"refused": (*_TURNOVER, at.SZSE_PAGED, at.SSE_LISTS, at.WEIGHTS)},
    ),
    Fault(
        "10,000 times the unit",
        _slipped(1e4),
        else_where={"less": (at.CSF_ACCOUNTS, at.CFFEX_MONTH)},
        not_at=_NO_FIGURE,
    ),
    Fault(
        "the unit by 100,000,000",
        _slipped(1e-8),
        else_where={"less": (at.CSF_ACCOUNTS, at.CFFEX_MONTH, at.QUOTES)},
        not_at=_NO_FIGURE,
    ),
    Fault(
        "a row less",
        _one_less,
        else_where={
            "less": (*_NO_COUNT, at.TREND, at.SSE_LISTS),
            "down": _CFFEX,  # the last row is the total
            "same": _NOTHING_KEPT,
        },
        not_at={"it has one row": _ONE_ROW},
    ),
    Fault(
        "a row twice",
        _one_twice,
        else_where={"same": (*_NO_COUNT, *_CFFEX, *_NOTHING_KEPT)},
        not_at={"it has one row": _ONE_ROW},
    ),
)


def _facts(batches: list[Batch]) -> pl.DataFrame:
    return pl.concat([batch.facts.drop("note", *_NAMES, strict=False) for batch in batches], how="diagonal")


@pytest.mark.parametrize(
    ("fault", "endpoint"),
    [pytest.param(fault, one, id=f"{fault}-{one}") for fault in FAULTS for one in fault.at()],
)
def test_what_comes_of_a_fault(fault: Fault, endpoint: Endpoint, world: World, publishers: Straight) -> None:
    plain = _facts(endpoint.read(world, publishers))
    bites = []

    def bend(document: Document, params: object) -> Document:
        before = copy.deepcopy(document)
        after = endpoint.bend(lambda rows: fault.change(endpoint, rows))(document, params)
        bites.append(repr(before) != repr(after))
        return after

    publishers.bend(endpoint.address, bend)
    _COMES[fault.of(endpoint)](endpoint, plain, lambda: endpoint.read(world, publishers))
    assert any(bites)


def _same(endpoint: Endpoint, plain: pl.DataFrame, read: Callable[[], list[Batch]]) -> None:
    assert_frame_equal(_facts(read()), plain)


def _refused(endpoint: Endpoint, plain: pl.DataFrame, read: Callable[[], list[Batch]]) -> None:
    with pytest.raises(SourceChangedError, match=re.escape(endpoint.source.describe().id)):
        read()


def _down(endpoint: Endpoint, plain: pl.DataFrame, read: Callable[[], list[Batch]]) -> None:
    with pytest.raises(SourceDownError, match=re.escape(endpoint.source.describe().id)):
        read()


def _missing(endpoint: Endpoint, plain: pl.DataFrame, read: Callable[[], list[Batch]]) -> None:
    """One column is empty, and nothing else is lost."""
    bent = _facts(read())
    assert bent.height == plain.height
    (gone,) = [name for name in plain.columns if bent[name].null_count() > plain[name].null_count()]
    assert_frame_equal(bent.drop(gone), plain.drop(gone))


def _less(endpoint: Endpoint, plain: pl.DataFrame, read: Callable[[], list[Batch]]) -> None:
    """Some rows or figures are nowhere, and every other is as it was."""
    bent, whole = _facts(read()), plain.rows()
    assert bent.height <= plain.height
    assert all(any(_is_within(row, one) for one in whole) for row in bent.select(plain.columns).rows())
    assert _figures_in(bent) < _figures_in(plain)


def _is_within(row: tuple[Any, ...], whole: tuple[Any, ...]) -> bool:
    return all(cell is None or cell == other for cell, other in zip(row, whole, strict=True))


def _figures_in(facts: pl.DataFrame) -> int:
    return int(facts.height * facts.width - sum(facts.null_count().row(0)))


_COMES: dict[str, Callable[[Endpoint, pl.DataFrame, Callable[[], list[Batch]]], None]] = {
    "same": _same,
    "refused": _refused,
    "down": _down,
    "missing": _missing,
    "less": _less,
}


# --- days ------------------------------------------------------------------------------------------------------------

_SAYS_NO_DAY = {
    "its file is found by the day, which is nowhere in it": _CFFEX,
    "it is held against the day's summary": (at.SZSE_DETAILS,),
    "it says what is so now": (at.SZSE_TRACKED, at.SZSE_LATEST, at.TRACKED, at.PORTAL_MEMBERS),
    "it always says all days": (at.TREND,),
    "the tab that is asked before says it": (at.SZSE_LISTS,),
    "a workbook without its tab says none": (at.SZSE_TURNOVER_WORKBOOK, at.SZSE_LISTS_WORKBOOK),
    "it says the day of its list, from which on it is known": (at.MEMBERS, at.WEIGHTS),
}


def _without(excuses: Mapping[str, tuple[Endpoint, ...]]) -> list[Endpoint]:
    return [one for one in EVERY if not any(one in these for these in excuses.values())]


def _of(day: date, endpoint: Endpoint) -> Callable[[Document, object], Document]:
    """Return what makes an answer one of another day, in whichever form it has days."""
    redate, key = endpoint.redate, str(endpoint.date_key)
    if redate is not None:
        return lambda document, params: redate(document, day)
    return endpoint.bend(lambda rows: [row.update({key: _in_form(day, row[key])}) for row in rows])


def _in_form(day: date, text: str) -> str:
    return re.sub(r"\d{4}(-?)\d\d-?\d\d", lambda found: f"{day:%Y{found[1]}%m{found[1]}%d}", text)


@pytest.mark.parametrize("endpoint", _without(_SAYS_NO_DAY), ids=str)
def test_an_answer_of_the_day_before_lands_nothing(endpoint: Endpoint, world: World, publishers: Straight) -> None:
    publishers.bend(endpoint.address, _of(_BEFORE, endpoint))
    with pytest.raises((NotPublishedError, SourceChangedError), match=r"2024-?02-?29|has \d+ days"):
        endpoint.read(world, publishers)


@pytest.mark.parametrize("endpoint", [at.SZSE_DETAILS, at.SZSE_LISTS], ids=str)
def test_a_workbook_whose_tab_is_of_the_day_before_is_not_asked_for(
    endpoint: Endpoint, world: World, publishers: Straight
) -> None:
    def stale(document: Document, params: object) -> Document:
        for tab in document:
            tab["metadata"]["subname"] = _BEFORE.isoformat()
        return document

    publishers.bend("www.szse.cn/api/report/ShowReport/data", stale)
    with pytest.raises(NotPublishedError, match="2024-02-29"):
        endpoint.read(world, publishers)
    assert len(publishers.asked) == endpoint.before


_RANGES = [one for one in _without(_SAYS_NO_DAY) if one.date_key and not one.is_daily]


@pytest.mark.parametrize("endpoint", _RANGES, ids=str)
def test_a_row_of_a_day_without_a_session_lands_nowhere_and_takes_nothing_with_it(
    endpoint: Endpoint, world: World, publishers: Straight
) -> None:
    plain = _facts(endpoint.read(world, publishers))
    saturday = date(2024, 3, 2)

    def phantom(rows: Rows) -> None:
        rows[0][str(endpoint.date_key)] = _in_form(saturday, rows[0][str(endpoint.date_key)])

    publishers.bend(endpoint.address, endpoint.bend(phantom))
    batches = endpoint.read(world, publishers)
    _less(endpoint, plain, lambda: batches)
    assert all("2024-03-02 is not a trading day (Saturday)" in list(batch.quarantine["reason"]) for batch in batches)


def test_a_publishers_level_that_a_report_printed_otherwise_lands_and_is_told() -> None:
    """Printed: a close of 2770.74 on 2024-02-01; a file with another would be taken for another index's."""
    world = make_world(date(2024, 1, 31), date(2024, 2, 2))
    source = csi.Bars("sse")
    (ask,) = source.locate(world.sessions)
    (batch,) = source.parse(ask, source.fetch(ask, Straight(world)))
    assert batch.facts.height == 3
    (told,) = [notice.text.en for notice in batch.notices if "was printed as" in notice.text.en]
    close = world.bars[date(2024, 2, 1), "sse"]["close"]
    assert f"close of 2024-02-01 is {close:.2f}, and was printed as 2770.74" in told


def test_every_source_is_among_the_endpoints() -> None:
    """One that is added to the datasets must say here what comes of every fault."""
    asked = {feed.source.describe().id for one in datasets().values() for feed in (*one.first, *one.others)}
    assert asked == {one.source.describe().id for one in EVERY}
