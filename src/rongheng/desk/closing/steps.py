"""The steps of a close, each from what the ones before it left into a folder of its own.

What lives here: which files go into a step and what it leaves. What does not: that a step is whole or not there
(``staging.py``), their order (``close.py``), any arithmetic.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Final

import polars as pl

from rongheng.account.book import Book, open_book
from rongheng.account.book.carry import REPORT as CHANGES
from rongheng.account.book.carry import Carried
from rongheng.account.calls import State, moment
from rongheng.account.calls.lists import IS_LAPSED, demands_on
from rongheng.account.liquidation import liquidate
from rongheng.account.marks import Marks
from rongheng.account.marks.folder import Origin, Source, read_summary, scan_marks, write_marks
from rongheng.account.policy import Policy, PolicySet
from rongheng.account.policy.policy import RatioMethod
from rongheng.account.stress import Scenario, Traits, find_scenarios
from rongheng.account.stress.scenario_files import shipped_scenarios
from rongheng.account.stress.shocked import require_known
from rongheng.basics.account_tables import ENTITLEMENTS, PROBLEMS
from rongheng.basics.digests import fingerprint
from rongheng.basics.errors import UsageError
from rongheng.basics.market_day import MarketDay
from rongheng.desk.accounts import Say, marked_book, marks_again
from rongheng.desk.books import lines_of_renamed
from rongheng.desk.calls.judging import judge, marked, payments_after, rows_for_calls
from rongheng.desk.carry import CarriedBook, carried_book, with_payments
from rongheng.desk.closing.dossier import FIGURES, MARKS
from rongheng.desk.closing.request import Request
from rongheng.desk.closing.staging import Staging, read_json, write_json
from rongheng.desk.forced_sales import sales_of, write_sales
from rongheng.desk.ledger import Entry, Ledger
from rongheng.desk.payments import held_through
from rongheng.desk.stress import stressed_book, write_stress
from rongheng.findings.accounts import book_findings
from rongheng.findings.calls import call_findings, figures_of_day, figures_of_falls
from rongheng.findings.detect import gravest_first
from rongheng.rulebook import Rulebook

BOOK, DAY, CALLS, PLAN, STRESS = "book", "day", "calls", "plan", "stress"
NOT_PLANNED: Final = {"account_id": pl.String(), "reason": pl.String()}


@dataclass
class Work:
    """One close at work: what is asked, where it is made, and the marks once they are in memory."""

    request: Request
    staging: Staging
    ledger: Ledger
    entry: Entry
    rulebook: Rulebook
    say: Say
    in_memory: list[Marks] = field(default_factory=list)

    @property
    def at(self) -> datetime:
        """The session's end."""
        return moment(self.request.session)

    def place(self, step: str) -> Path:
        """Return where a step's folder stands."""
        return self.staging.place(step)

    def judged_by(self) -> int | None:
        """Return the commit that judged this session's end, or ``None`` while nobody has."""
        with self.ledger.reading() as now:
            run = now.find_run(self.at)
        return run.commit_number if run else None

    def marks(self) -> Marks:
        """Return the marks, made anew from their folder after a stop."""
        if not self.in_memory:
            self.in_memory.append(marks_again(self.place(MARKS), say=self.say)[0])
        return self.in_memory[0]


def forget_a_book_without_later_payments(work: Work) -> None:
    """Discard a book that was made before a payment which belongs into it, with everything that rests on it."""
    if not work.staging.is_done(BOOK) or work.judged_by() is not None:
        return
    through = held_through(work.place(BOOK)) or 0
    with work.ledger.reading() as now:
        later = payments_after(now, work.at, through).height
    if later:
        work.say("a payment came in meanwhile; make the book again")
        work.staging.discard(BOOK, MARKS, CALLS)


def market_day(work: Work, out: Path) -> None:
    """Keep the market day that the session is closed on."""
    source = work.request.market_day()
    session = MarketDay.read(source).session
    if session != work.request.session:
        raise UsageError(
            f"{source} is the market of {session}, not of {work.request.session}. Give that session's day."
        )
    for file in sorted(entry for entry in source.iterdir() if entry.is_file() and not entry.name.startswith(".")):
        shutil.copyfile(file, out / file.name)


def book_of_the_session(work: Work, out: Path) -> None:
    """Carry the book to the session, bring in what was paid, and keep it in kernel form."""
    request = work.request
    book = open_book(request.book)
    if book.session > request.session:
        raise UsageError(
            f"{request.book} is the book of {book.session}, after {request.session}. Give the book of the "
            "session, or of one before it."
        )
    carried = _at_session(book, request)
    carried = with_payments(
        carried,
        str(request.book),
        work.ledger,
        since=book.session,
        policy=request.policy,
        rules=request.rules,
        before_commit=work.judged_by(),
    )
    for line in lines_of_renamed(carried.book.renamed):
        work.say(line)
    carried.write(out, kernel=True)
    carried.carried.problems.write_parquet(out / "carry_problems.parquet")


def _at_session(book: Book, request: Request) -> CarriedBook:
    """Return the book carried to the session; one of that session stays as it is."""
    if book.session < request.session:
        return carried_book(
            book,
            str(request.book),
            to=request.session,
            actions=request.actions,
            subscriptions=request.subscriptions,
        )
    nothing = (pl.DataFrame(schema=schema) for schema in (ENTITLEMENTS.schema, CHANGES, PROBLEMS.schema))
    return CarriedBook(Carried(book, *nothing))


def mark_the_book(work: Work, out: Path) -> None:
    """Mark the book, and keep marks, problems and summary."""
    request = work.request
    book, day = work.place(BOOK), work.place(DAY)
    marks = marked_book(open_book(book), MarketDay.read(day), request.policy, request.rules, None, work.say)
    origin = Origin(
        book=Source(f"../{BOOK}", fingerprint(book)),
        day=Source(f"../{DAY}", fingerprint(day)),
        policy=request.policy,
        rules=tuple(str(folder.resolve()) for folder in request.rules),
    )
    write_marks(marks, out, origin=origin, net_capital_milli=request.net_capital_milli, rulebook=work.rulebook)
    work.in_memory.append(marks)


def judge_the_calls(work: Work, out: Path) -> None:
    """Judge the calls on the marks, in the ledger, and keep what happened and where everything stands."""
    session, marks = work.request.session, work.place(MARKS)
    book = open_book(work.place(BOOK))
    rows, accounts = rows_for_calls(marks, work.ledger)
    brings = marked(
        rows,
        book.under(work.request.policy) if work.request.policy else book,
        MarketDay.read(work.place(DAY)),
        rulebook=work.rulebook,
        sha256=fingerprint(marks),
        place=str(work.staging.out.resolve() / MARKS),
        grade=read_summary(marks).grade,
        accounts=accounts,
    )
    through = held_through(work.place(BOOK))
    judged = judge(work.ledger, work.at, work.entry, brings, over_gaps=work.request.over_gaps, paid_through=through)
    state = judged.state or _state_of(work, judged.commit)
    judged.events.write_parquet(out / "events.parquet")
    demands_on(state, session).sort("account_id", "demand").write_parquet(out / "demands.parquet")
    write_json(out / "calls.json", {"commit": judged.commit, "without_a_mark": list(judged.unmarked)})


def _state_of(work: Work, commit: int) -> State:
    with work.ledger.reading() as now:
        return now.state_after(commit)


def plan_the_lapsed(work: Work, out: Path) -> None:
    """Plan the forced sales of every account with a lapsed demand, to the highest ratio that is asked of it."""
    marks, request = work.marks(), work.request
    lapsed = pl.read_parquet(work.place(CALLS) / "demands.parquet").filter(IS_LAPSED)
    targets, left_out = _sellable(scan_marks(work.place(MARKS)), marks.policies, lapsed)
    work.say(f"plan {len(targets):,} accounts")
    made = liquidate(marks, targets, rulebook=work.rulebook, order=request.order, terms=request.terms)
    write_sales(sales_of(made), out, about=asdict(made.terms) | {"order": request.order.value, "marks": MARKS})
    left_out.write_parquet(out / "not_planned.parquet")
    shown = [f"{account},{bp // 100}.{bp % 100:02}%" for account, bp in targets.items()]
    (out / "accounts.csv").write_text("\n".join(["account_id,target", *shown]) + "\n", encoding="utf-8")


def _sellable(
    marks: pl.LazyFrame, policies: Mapping[str, Policy], lapsed: pl.DataFrame
) -> tuple[dict[str, int], pl.DataFrame]:
    """Return the targets of the accounts that can be planned, and why the others cannot."""
    asked = lapsed.group_by("account_id").agg(target_bp=pl.col("target_bp").max())
    known = marks.select("account_id", "debt_milli", "policy").join(asked.lazy(), on="account_id", how="semi").collect()
    joined = asked.join(known, on="account_id", how="left").sort("account_id")
    by_coefficients = [name for name, one in policies.items() if one.ratio_method is RatioMethod.COEFFICIENT]
    reasons = (
        (pl.col("debt_milli").is_null(), "it has no mark"),
        (pl.col("debt_milli") == 0, "it owes nothing any more"),
        (pl.col("target_bp").is_null(), "a contract ended unpaid; no ratio is asked"),
        (pl.col("policy").cast(pl.String).is_in(by_coefficients), "its policy judges by coefficients"),
    )
    reason = pl.coalesce(*(pl.when(is_so).then(pl.lit(word)) for is_so, word in reasons))
    told = joined.with_columns(reason=reason)
    can = told.filter(pl.col("reason").is_null())
    return dict(can.select("account_id", "target_bp").rows()), told.filter(pl.col("reason").is_not_null()).select(
        list(NOT_PLANNED)
    )


def stress_the_book(work: Work, out: Path) -> None:
    """Run every scenario that ships, and those that are asked for besides, over the marks."""
    scenarios, known = _scenarios(work.request)
    write_stress(stressed_book(work.marks(), scenarios, traits=known, rulebook=work.rulebook, say=work.say), out)


def _scenarios(request: Request) -> tuple[list[Scenario], Traits]:
    asked = [*(scenario.key for scenario in shipped_scenarios()), *map(str, request.scenarios)]
    return find_scenarios(asked), Traits.none() if request.traits is None else Traits.read(request.traits)


def judge_the_day(work: Work, out: Path) -> None:
    """Keep the findings of the day and its figures."""
    session, summary = work.request.session, read_summary(work.place(MARKS))
    events = pl.read_parquet(work.place(CALLS) / "events.parquet")
    demands = pl.read_parquet(work.place(CALLS) / "demands.parquet")
    outcomes = pl.read_parquet(work.place(PLAN) / "outcomes.parquet")
    not_planned = pl.read_parquet(work.place(PLAN) / "not_planned.parquet")
    figures = figures_of_day(events, demands, outcomes, not_planned, session=session)
    figures += figures_of_falls(pl.read_parquet(work.place(STRESS) / "totals.parquet"))
    found = gravest_first([*book_findings(session, summary), *call_findings(session, figures, summary.grade)])
    write_json(out / "findings.json", [asdict(finding) for finding in found])
    write_json(out / FIGURES, [{"session": str(session), "grade": summary.grade.value} | row for row in figures])


def commit_in(work: Work) -> int:
    """Return the commit of the ledger that the dossier rests on."""
    return int(read_json(work.place(CALLS) / "calls.json")["commit"])


def require_policy_names(policy: str | None, session: date, rulebook: Rulebook) -> None:
    """Refuse a policy that nobody knows before anything is done."""
    if policy is not None:
        PolicySet.load(policy, session=session, rulebook=rulebook)


def require_scenarios(request: Request) -> None:
    """Refuse scenarios that cannot be read, or that name what the market day does not have, before anything is done."""
    scenarios, known = _scenarios(request)
    require_known(scenarios, MarketDay.read(request.market_day()).securities["security"], known)
