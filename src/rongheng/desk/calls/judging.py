"""The moments at which calls are judged: a mark, or the clock alone, written into the ledger as one commit.

What lives here: which marks, contracts and terms belong to a moment, and that a moment is judged once. What does not:
any judgement (``account.calls``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import polars as pl

from rongheng.account.book import Book, named_on, open_book
from rongheng.account.calls import CallTerms, Clock, Contracts, Event, Kind, Mark, State, step
from rongheng.account.calls.machine import MARK_COLUMNS
from rongheng.account.calls.maturity import CONTRACT_COLUMNS
from rongheng.account.calls.moments import is_end_of_day, session_of, show_moment
from rongheng.account.marks.folder import read_origin, read_summary, scan_marks
from rongheng.account.policy import Policy, PolicySet
from rongheng.basics.calendar import calendar
from rongheng.basics.digests import fingerprint
from rongheng.basics.errors import NotInForceError, UsageError
from rongheng.basics.grades import Grade
from rongheng.basics.market_day import MarketDay
from rongheng.basics.securities import SUFFIXES, exchange_of
from rongheng.desk.ledger import Entry, Head, Ledger, Pen, Reading, Run
from rongheng.rulebook import Rulebook

SUSPENSION = "exchange.order.term_extended_by_suspension"


@dataclass(frozen=True)
class Marked:
    """What a mark brings to the calls: its rows, the policies, and the book's contracts with the day's suspensions."""

    rows: pl.DataFrame
    policies: Mapping[str, Policy]
    contracts: pl.DataFrame | None  # None: nobody looks at the ends of contracts
    sha256: str
    place: str
    grade: Grade
    accounts: int | None = None  # that were marked, where the rows are only those that calls can be about


@dataclass(frozen=True)
class Judged:
    """What a moment made of the calls."""

    at: datetime
    events: pl.DataFrame
    head: Head
    commit: int  # that wrote them
    is_repeat: bool = False  # the same marks had been judged before: nothing was written
    unmarked: Sequence[str] = field(default=())  # accounts that are asked for something and have no mark
    state: State | None = None  # after it; None for a repeat, whose state the ledger knows


def marked_folder(folder: Path, session: date) -> Marked:
    """Return what a folder of marks brings, with the book and the market day that it was made from.

    Raises
    ------
    UsageError
        It holds no marks, or those of another session.
    BookError
        The book or the day has changed since.
    """
    marked_on, origin = read_origin(folder)
    if marked_on != session:
        raise UsageError(f"{folder} holds the marks of {marked_on}, not of {session}. Give that session's marks.")
    rulebook = Rulebook.load(*(Path(rules) for rules in origin.rules))
    book = open_book(origin.book.require_unchanged("book"))
    governed = book.under(origin.policy) if origin.policy else book
    day = MarketDay.read(origin.day.require_unchanged("day"))
    rows = scan_marks(folder).select(MARK_COLUMNS).collect()
    return marked(
        rows,
        governed,
        day,
        rulebook=rulebook,
        sha256=fingerprint(folder),
        place=str(folder.resolve()),
        grade=read_summary(folder).grade,
    )


def marked(
    rows: pl.DataFrame,
    book: Book,
    day: MarketDay,
    *,
    rulebook: Rulebook,
    sha256: str,
    place: str,
    grade: Grade,
    accounts: int | None = None,
) -> Marked:
    """Return what the marks of a book bring; ``accounts`` says how many were marked where ``rows`` are some of them."""
    names = rows["policy"].unique().sort().to_list()
    permissions = book.accounts.select("account_id", pl.col("permissions").cast(pl.String()))
    return Marked(
        rows=rows.join(permissions, on="account_id", how="left", maintain_order="left"),
        policies=PolicySet.load(*names, session=day.session, rulebook=rulebook) if names else {},
        contracts=_contracts(book, day, rulebook),
        sha256=sha256,
        place=place,
        grade=grade,
        accounts=rows.height if accounts is None else accounts,
    )


def rows_for_calls(folder: Path, ledger: Ledger) -> tuple[pl.DataFrame, int]:
    """Return the marks that calls can be about, those who owe or are asked for something, and how many there are."""
    with ledger.reading("Listing open calls") as now:
        asked = pl.LazyFrame({"account_id": [account for account, _ in now.open_demands()]}, schema=_ID).unique()
    marks = scan_marks(folder).select(MARK_COLUMNS)
    owing = marks.filter(pl.col("debt_milli") > 0)
    others = marks.filter(pl.col("debt_milli") <= 0).join(asked, on="account_id", how="semi")
    count = scan_marks(folder).select(pl.len())
    rows, more, counted = pl.collect_all([owing, others, count])
    return pl.concat([rows, more]).sort("account_id"), int(counted.item())


_ID = {"account_id": pl.String()}


def _contracts(book: Book, day: MarketDay, rulebook: Rulebook) -> pl.DataFrame:
    """Return the book's contracts with whether their security is suspended, and whether that may extend their term."""
    may = [market for market in SUFFIXES.values() if _may_postpone(rulebook, day.session, market)]
    suspended = day.securities.filter("suspended").select(
        "security", "suspended", may_postpone=exchange_of(pl.col("security")).is_in(may)
    )
    rows = named_on(book, day.session).contract_ends().join(suspended, on="security", how="left", maintain_order="left")
    return rows.with_columns(pl.col("suspended", "may_postpone").fill_null(value=False)).select(CONTRACT_COLUMNS)


def _may_postpone(rulebook: Rulebook, session: date, market: str) -> bool:
    rule = rulebook.rule(SUSPENSION)
    try:
        return market in rule.markets and rule.on(session, market=market).is_on
    except NotInForceError:
        return False


def judge(
    ledger: Ledger,
    at: datetime,
    entry: Entry,
    marks: Marked | None = None,
    *,
    over_gaps: bool = False,
    paid_through: int | None = None,
) -> Judged:
    """Judge the calls at a moment, on marks or by the clock alone, and write what happens as one commit.

    The same moment on the same marks again writes nothing and returns what was written then.

    Parameters
    ----------
    over_gaps : sessions whose end was not judged are passed over: deadlines in them are judged on the marks before
    paid_through : the last event whose payments the marked book holds; refused when more was paid since

    Raises
    ------
    UsageError
        The moment was judged on other marks, a later one was judged, or a session in between was not.
    """
    with ledger.writing(f"Judging the calls of {show_moment(at)}") as pen:
        done = pen.find_run(at)
        if done is not None:
            return _again(pen, done, marks)
        _require_next(pen, at, over_gaps=over_gaps)
        if paid_through is not None:
            _require_paid(pen, at, paid_through)
        state = State(pen.open_events().drop("sequence"))
        terms = CallTerms.of(marks.policies.values() if marks else [])
        after, happened = _happened(state, at, marks, terms)
        before = pen.terms()
        changed = {name: text for name, text in terms.as_text().items() if before.get(name) != text}
        run = Run(
            moment=at,
            marks=marks.sha256 if marks else "",
            place=marks.place if marks else "",
            accounts=_count(marks),
            grade=marks.grade.value if marks else "",
            commit_number=pen.head().number + 1,
        )
        head = pen.append(entry, happened, run=run, terms=changed)
    return Judged(at, happened, head, head.number, unmarked=_unmarked(state, marks), state=after)


def _count(marks: Marked | None) -> int:
    if marks is None:
        return 0
    return marks.rows.height if marks.accounts is None else marks.accounts


def _happened(state: State, at: datetime, marks: Marked | None, terms: CallTerms) -> tuple[State, pl.DataFrame]:
    events: list[Event] = [Clock(at)]
    if marks is not None:
        ends = [] if marks.contracts is None else [Contracts(at, marks.contracts)]
        events = [*ends, Mark(at, marks.rows)]
    parts = []
    for event in events:
        state, happened = step(state, event, terms)
        parts.append(happened)
    return state, pl.concat(parts)


def _again(pen: Pen, done: Run, marks: Marked | None) -> Judged:
    """Return what was written when the moment was judged; other marks for it are refused."""
    if (marks.sha256 if marks else "") != done.marks:
        rested = f"the marks in {done.place} (sha256 {done.marks[:12]}…)" if done.marks else "the clock alone"
        raise UsageError(
            f"The calls of {show_moment(done.moment)} were judged on {rested}, and a moment is judged once. What is to "
            "be corrected is corrected by decisions, or by the marks of a later moment."
        )
    events = pen.events_of_commit(done.commit_number).drop("sequence")
    return Judged(done.moment, events, pen.head(), done.commit_number, is_repeat=True)


def _require_next(pen: Pen, at: datetime, *, over_gaps: bool) -> None:
    """Refuse a moment before the last one, and one after a session whose end was not judged."""
    runs = pen.runs()
    if not runs:
        return
    last = runs[-1].moment
    if at < last:
        raise UsageError(
            f"The calls of {show_moment(last)} were judged already; {show_moment(at)} lies before. Go on from there."
        )
    ends = [session_of(run.moment) for run in runs if is_end_of_day(run.moment)]
    first = calendar().offset(ends[-1], 1) if ends else session_of(runs[0].moment)
    missing = [day for day in calendar().between(first, session_of(at)) if day < session_of(at)]
    if missing and not over_gaps:
        raise UsageError(
            f"The end of {missing[0]} was not judged, and {len(missing)} session(s) lie between. Run the calls of "
            "every session in turn, or say --over-gaps: deadlines in them are then judged on the marks before."
        )


def payments_after(now: Reading, at: datetime, paid_through: int) -> pl.DataFrame:
    """Return the payments up to a moment that were written down after an event."""
    return now.history(kinds=[Kind.PAID], until=at).filter(pl.col("sequence") > paid_through)


def _require_paid(pen: Pen, at: datetime, paid_through: int) -> None:
    later = payments_after(pen, at, paid_through)
    if later.height:
        first = later.row(0, named=True)
        raise UsageError(
            f"A payment of account {first['account_id']} was written down (event {first['sequence']}) after the "
            "book of this session had been made. Nothing was judged; run the close again, and the book will hold it."
        )


def _unmarked(state: State, marks: Marked | None) -> Sequence[str]:
    if marks is None:
        return ()
    asked = state.demands.filter(pl.col("target_bp").is_not_null()).select("account_id").unique()
    return asked.join(marks.rows, on="account_id", how="anti")["account_id"].sort().to_list()
