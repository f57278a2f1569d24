"""Bring the lake up to date: plan what is missing, ask for it, land it, and say what is still missing and until when.

One publisher that fails leaves the others done. What is planned comes from the lake itself, so an update that was cut
short goes on where it stopped. The desk holds the clock; nothing below it reads one.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from rongheng.basics.batch import Batch, Landed, Notice
from rongheng.basics.calendar import CLOSE_OF_DAY, SHANGHAI, at, calendar
from rongheng.basics.errors import (
    DataError,
    LakeError,
    NotPublishedError,
    SourceChangedError,
    SourceDownError,
    SourceRefusedError,
    UsageError,
)
from rongheng.basics.processes import Crew
from rongheng.basics.text import Text
from rongheng.desk.advice import advice
from rongheng.desk.comparing import compare, disagreement
from rongheng.desk.kept import kept_of, read_each
from rongheng.desk.missing import Wish, complete, held, lacking, newest, span
from rongheng.desk.trouble import Trouble, told
from rongheng.market.series.continuity import Continuity
from rongheng.market.sources import web
from rongheng.market.sources.libraries import LibraryFetcher
from rongheng.market.store import Lake

Progress = Callable[[str, int, int], None]

_LOOK_BACK = 5  # sessions before the first missing one that are asked again, for corrections
_TOGETHER = 20  # answers that land as one import, where each is of one session
_KEPT_TOGETHER = 100  # kept answers that do: nobody has to be asked again for what a killed run had not landed
_MOST_PROCESSES = 4
_REST = timedelta(minutes=30)
_AGAIN = timedelta(minutes=10)
_SKEW = timedelta(minutes=10)
_MANY_CHANGES = 3  # answers of an unknown layout in a row, after which a source is left alone


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the moment in Shanghai."""
        return datetime.now(tz=SHANGHAI)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


def open_client(*, user_agent: str, proxy: str | None = None, relay: str | None = None) -> web.Client:
    """Return a client for real publishers, or for a relay that is asked in their place."""
    return web.Client(web.Manners(user_agent=user_agent, proxy=proxy), SystemClock(), random.random, relay=relay)


def with_libraries(client: web.Fetcher, names: Sequence[str]) -> web.Fetcher:
    """Return a client that calls open libraries, too, with the tokens of the environment.

    One of the named that is not installed, or lacks its token, is a ``UsageError`` before anybody is asked.
    """
    token = os.environ.get("TUSHARE_TOKEN")
    fetcher = LibraryFetcher(client, SystemClock(), {"tushare": token} if token else {})
    for name in names:
        fetcher.check(name)
    return fetcher


def raw_store(lake: Lake) -> web.RawStore:
    """Return where the answers of publishers are kept: in the lake's own folder."""
    return web.RawStore(lake.root / "raw")


def reading_processes() -> int:
    """Return how many processes are to read kept answers: one a core, up to what the landing keeps up with."""
    return min(os.cpu_count() or 1, _MOST_PROCESSES)


@dataclass(frozen=True)
class Updated:
    """What became of one dataset."""

    dataset: web.Dataset
    asked: int
    landed: tuple[Landed, ...]
    notices: tuple[tuple[str, Notice], ...]  # each with its file, of what had not been imported before
    troubles: tuple[Trouble, ...]
    notes: tuple[Text, ...]
    newest: date | None  # the last session of which the lake has everything
    age_sessions: int | None  # how many closed sessions lie after it
    missing: tuple[date, ...]  # sessions that were due and are not there
    awaited: tuple[date, ...]  # sessions that have closed and are not due yet
    come_back: datetime | None  # when asking again can help; None when the publisher's format must be looked at first

    @property
    def state(self) -> Text:
        """How it stands, in a word."""
        if self.troubles and self.missing:
            return self.troubles[0].kind  # what follows the first is often its consequence
        if self.missing:
            return Text("应公布而未见", "overdue")
        return Text("尚未公布", "not published yet") if self.awaited else Text("最新", "current")

    @property
    def failed(self) -> bool:
        """Say whether something that was due is missing because a publisher failed."""
        return bool(self.missing) and bool(self.troubles)


@dataclass
class _Run:
    """One dataset on its way."""

    lake: Lake
    client: web.Fetcher
    raw: web.RawStore
    now: datetime
    dataset: web.Dataset
    progress: Progress
    asked: int = 0
    going_on: dict[date, Continuity] = field(default_factory=dict)  # by the first day of a question
    listed: dict[web.Request, web.Answer] = field(default_factory=dict)  # pages of links, which one look is enough for
    left_alone: set[str] = field(default_factory=set)  # who refused in this run or was not there, and what failed
    landed: list[Landed] = field(default_factory=list)
    notices: list[tuple[str, Notice]] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)
    failed_before: bool = False  # what is missing was asked for by an earlier run, which a publisher failed

    def due(self, session: date) -> datetime:
        """Return when the figures of a session are due."""
        return self.dataset.table.publication.known_at(session)

    def hold(self, batches: Sequence[Batch], ask: web.Ask, *, first: date) -> None:
        """Hold facts of the dataset's own table against those of the days before; ``first`` is where asking began."""
        table, column = self.dataset.table, self.dataset.column
        for batch in batches:
            if batch.table is table:
                known = self.going_on.get(first) or Continuity(self.lake, table, column, first=first)
                self.going_on[first] = known
                known.check(batch.facts, name=ask.name, whole=not ask.part)

    def get(self, request: web.Request) -> web.Answer:
        """Ask, and keep what came before anybody looks at it."""
        if request in self.listed:
            return self.listed[request]
        try:
            answer = self.client.get(request)
        except SourceDownError as error:
            self.left_alone.add(request.party if error.of_host else request.address)
            raise
        self.raw.keep(answer)
        if request.lists:
            self.listed[request] = answer
        return answer


def update(
    lake: Lake,
    *,
    client: web.Fetcher,
    raw: web.RawStore,
    now: datetime,
    wish: Wish | None = None,
    progress: Progress | None = None,
) -> Iterator[Updated]:
    """Bring dataset after dataset up to date and yield what became of each.

    Parameters
    ----------
    lake : Lake
    client : who asks the publishers
    raw : where their answers are kept
    now : datetime with a time zone
        Sessions that have closed by then are asked for; those whose figures are due by then are missing without them.
    wish : Wish, optional
        Which datasets, and since when; by default all, for the last three years (60 sessions where each is a question).
    progress : callable, optional
        Called with a phrase, the questions done and the whole.
    """
    wished = wish or Wish()
    if wished.first is not None and wished.first > now.astimezone(SHANGHAI).date():
        raise UsageError(f"--from {wished.first} lies in the future; give a day up to {now:%Y-%m-%d}.")
    for dataset in wished.datasets():
        run = _Run(lake, client, raw, now, dataset, progress or _say_nothing)
        yield _bring_up_to_date(run, wished)


def reparse(
    lake: Lake,
    *,
    raw: web.RawStore,
    now: datetime,
    wish: Wish | None = None,
    progress: Progress | None = None,
    processes: int = 1,
) -> Iterator[Updated]:
    """Read every kept answer again and land what it says, without asking anybody.

    Parameters
    ----------
    processes : int
        How many read answers side by side. What lands, and in which order, is the same for any number.
    """
    with Crew(processes) as crew:
        for dataset in (wish or Wish()).datasets():
            run = _Run(lake, _Nobody(), raw, now, dataset, progress or _say_nothing)
            for feed in (*dataset.first, *dataset.others):
                _reparse_feed(run, feed.source, crew)
            yield _summary(run, wish or Wish())


def outlook(lake: Lake, *, raw: web.RawStore, now: datetime, wish: Wish | None = None) -> Iterator[Updated]:
    """Yield how every dataset stands, without asking anybody: what is missing, what is awaited, and until when.

    What went wrong when the missing part was asked for last stands among the notes.
    """
    wished = wish or Wish()
    for dataset in wished.datasets():
        run = _Run(lake, _Nobody(), raw, now, dataset, _say_nothing)
        for feed in dataset.first:
            _look_back(run, feed.source.describe())
        yield _summary(run, wished)


def _look_back(run: _Run, described: web.Description) -> None:
    """Write down what went wrong when a source was asked last."""
    last = None
    for kept in run.raw.kept(described.id):
        if kept.part == described.part:
            last = kept
    if last is None or not last.said:
        return
    when = f"{last.fetched_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    what = told(last.outcome, last.said)
    run.notes.append(Text(f"{when} {what.zh}", f"at {when}: {what.en}"))
    run.failed_before |= last.outcome != NotPublishedError.__name__


class _Nobody:
    """Whoever is asked where nobody may be asked."""

    def get(self, request: web.Request) -> web.Answer:
        """Refuse."""
        raise AssertionError(f"{request.address} was asked while kept answers were read")


def _reparse_feed(run: _Run, source: web.Source, crew: Crew) -> None:
    known = source.describe()
    phrase = f"{run.dataset.name} · {known.id} {known.part}".rstrip()
    kept = kept_of(source, run.raw)
    waiting: list[Batch] = []
    for done, read in enumerate(read_each(source, kept, raw=run.raw, crew=crew), start=1):
        if isinstance(read, Trouble):
            run.troubles.append(read)
        else:
            waiting += read
        run.progress(phrase, done, len(kept))
        if done % _KEPT_TOGETHER == 0 or done == len(kept):
            _land(run, waiting)
            waiting = []


def _bring_up_to_date(run: _Run, wish: Wish) -> Updated:
    sessions = span(run.dataset.first[0].source, wish, now=run.now)
    before = complete(run.lake, run.dataset, sessions)
    firsts = run.dataset.first
    for feed, missing in zip(firsts, _lacking(run, firsts, wish), strict=True):
        _ask_feed(run, feed, missing)
    for feed in run.dataset.others:
        if feed.stands_in:
            _stand_in(run, feed, wish)
    after = complete(run.lake, run.dataset, sessions)
    is_new = bool(after) and (not before or after[-1] > before[-1])
    if after and not run.troubles:
        for feed in run.dataset.others:
            if feed.compares and (is_new or feed.named):
                run.asked += 1
                run.notes += compare(run.dataset, feed, after[-1], lake=run.lake, fetcher=run, raw=run.raw, now=run.now)
    if is_new and not run.troubles:
        run.notes += disagreement(run.dataset, after[-1], lake=run.lake)
    return _summary(run, wish)


def _stand_in(run: _Run, feed: web.Feed, wish: Wish) -> None:
    """Ask another feed for what is due and did not come, and not for what is merely awaited."""
    (missing,) = _lacking(run, [feed], wish)
    due = [day for day in missing if run.due(day) <= run.now]
    if not due:
        return
    _ask_feed(run, feed, due)
    days = held(run.lake, run.dataset, feed, due)
    if days:
        known = feed.source.describe()
        run.notes.append(
            Text(
                f"{known.publisher.zh}的{known.label.zh}补上了 {len(days)} 个交易日",
                f"{known.publisher.en} stood in with the {known.label.en}; sessions: {len(days)}",
            )
        )


# --- asking ----------------------------------------------------------------------------------------------------------


def _lacking(run: _Run, feeds: Sequence[web.Feed], wish: Wish) -> list[list[date]]:
    return lacking(run.lake, run.dataset, feeds, wish, raw=run.raw, now=run.now)


def _ask_feed(run: _Run, feed: web.Feed, missing: Sequence[date]) -> None:
    """Ask a feed for the sessions that are missing."""
    if not missing:
        return
    source, described = feed.source, feed.source.describe()
    looks_back = described.revises and not described.by_day
    wanted = _with_look_back(missing, described.first) if looks_back else missing
    asks = [ask for ask in source.locate(wanted) if run.left_alone.isdisjoint((ask.request.party, ask.request.address))]
    phrase = f"{run.dataset.name} · {described.id} {described.part}".rstrip()
    waiting: list[tuple[web.Ask, list[web.Answer], list[Batch]]] = []
    changed = 0
    for done, ask in enumerate(asks, start=1):
        trouble = _ask(run, source, ask, waiting, first=asks[0].first)
        run.progress(phrase, done, len(asks))
        if len(waiting) >= (_TOGETHER if described.by_day else 1):
            _land_waiting(run, waiting)
        changed = changed + 1 if trouble is not None and isinstance(trouble.error, SourceChangedError) else 0
        if trouble is not None and isinstance(trouble.error, SourceRefusedError):
            run.left_alone.add(ask.request.party)
            break
        if trouble is not None and isinstance(trouble.error, SourceDownError):
            break
        if changed >= _MANY_CHANGES:
            break
    _land_waiting(run, waiting)


def _with_look_back(missing: Sequence[date], first: date) -> list[date]:
    before = [day for day in calendar().between(first, missing[0]) if day < missing[0]]
    return [*before[-_LOOK_BACK:], *missing]


def _ask(
    run: _Run,
    source: web.Source,
    ask: web.Ask,
    waiting: list[tuple[web.Ask, list[web.Answer], list[Batch]]],
    *,
    first: date,
) -> Trouble | None:
    """Ask one question; what it gives waits to land, what went wrong is written down and returned."""
    answers: list[web.Answer] = []
    run.asked += 1
    try:
        answers = source.fetch(ask, run)
        batches = web.facts_of(source, ask, answers, seen=run.now)
        run.hold(batches, ask, first=first)
    except LakeError:
        raise
    except DataError as error:
        run.raw.note(ask, answers, at=run.now, outcome=type(error).__name__, said=str(error))
        trouble = Trouble(ask.source, ask.days, error)
        if not isinstance(error, NotPublishedError):
            run.troubles.append(trouble)
        return trouble
    waiting.append((ask, answers, batches))
    return None


def _land_waiting(run: _Run, waiting: list[tuple[web.Ask, list[web.Answer], list[Batch]]]) -> None:
    """Land what waits; only what has landed is written down as good, so that a run that is killed asks again."""
    _land(run, [batch for _, _, batches in waiting for batch in batches])
    for ask, answers, _ in waiting:
        run.raw.note(ask, answers, at=run.now, outcome=web.GOOD)
    waiting.clear()


def _land(run: _Run, batches: Sequence[Batch]) -> None:
    """Land the batches; of those that were not known, the notices are kept and the facts are let go."""
    landed = run.lake.land(batches, now=run.now.astimezone(UTC))
    run.landed += landed
    for batch, became in zip(batches, landed, strict=True):
        if not became.known_file:
            run.notices += [(batch.file, notice) for notice in batch.notices]


# --- what is said of it ----------------------------------------------------------------------------------------------


def _summary(run: _Run, wish: Wish) -> Updated:
    sessions = span(run.dataset.first[0].source, wish, now=run.now)
    there = complete(run.lake, run.dataset, sessions)
    lacks = _lacking(run, run.dataset.first, wish)
    left = sorted(set().union(*lacks) - set(there))
    missing = tuple(day for day in left if run.due(day) <= run.now)
    if missing and (run.troubles or run.failed_before):
        firsts = zip(run.dataset.first, lacks, strict=True)
        parts = {part for feed, days in firsts if set(days) & set(missing) for part in feed.states}
        run.notes += advice(run.dataset, parts=parts, named=wish.libraries)
    awaited = tuple(day for day in left if run.due(day) > run.now)
    last = there[-1] if there else newest(run.lake, run.dataset, now=run.now)
    return Updated(
        dataset=run.dataset,
        asked=run.asked,
        landed=tuple(run.landed),
        notices=tuple(run.notices),
        troubles=tuple(run.troubles),
        notes=tuple(run.notes),
        newest=last,
        age_sessions=calendar().count_between(last, sessions[-1]) if last else None,
        missing=missing,
        awaited=awaited,
        come_back=_come_back(run, missing, awaited),
    )


def _come_back(run: _Run, missing: Sequence[date], awaited: Sequence[date]) -> datetime | None:
    """Return when asking again can help."""
    if missing and run.troubles:
        error = run.troubles[0].error
        if isinstance(error, SourceDownError):
            return run.now + _AGAIN
        return run.now + _REST if isinstance(error, SourceRefusedError) else None
    if missing:
        return run.now + (_REST if run.asked else timedelta())  # what nobody has asked for may be there
    publication = run.dataset.table.publication
    if awaited:
        return publication.known_at(awaited[0])
    today = run.now.astimezone(SHANGHAI).date()
    closed = at(today, CLOSE_OF_DAY) <= run.now
    upcoming = today if calendar().is_session(today) and not closed else calendar().offset(today, 1)
    return publication.known_at(upcoming)


def clock_note(client: web.Client) -> Text | None:
    """Return a warning when this machine's clock is far from the publishers'."""
    if client.skew is None or abs(client.skew) <= _SKEW:
        return None
    minutes = round(abs(client.skew).total_seconds() / 60)
    return Text(
        f"本机时钟与发布方相差 {minutes} 分钟，可能误判是否已到公布时间，请校准",
        f"this machine's clock is {minutes} minutes off the publishers': what is due may be misjudged; set it right",
    )


def _say_nothing(phrase: str, done: int, whole: int) -> None:  # the shape of a Progress
    pass
