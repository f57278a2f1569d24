"""The close of a book: the day's steps in order, gone on with after a stop, into one dossier that stays as it is.

What lives here: the order, and what is asked before anything is done. What does not: the steps (``steps.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rongheng.account.calls import moment
from rongheng.desk.accounts import Say
from rongheng.desk.closing import steps
from rongheng.desk.closing.dossier import FINDINGS, MARKS, figures_in
from rongheng.desk.closing.request import Request
from rongheng.desk.closing.staging import Staging, read_manifest, require_same, verify
from rongheng.desk.ledger import Entry, Ledger
from rongheng.rulebook import Rulebook

STEPS: Final[Mapping[str, tuple[str, Callable[[steps.Work, Path], None]]]] = {
    steps.DAY: ("keep the market day", steps.market_day),
    steps.BOOK: ("carry the book and bring in payments", steps.book_of_the_session),
    MARKS: ("mark", steps.mark_the_book),
    steps.CALLS: ("judge the calls", steps.judge_the_calls),
    steps.PLAN: ("plan forced sales", steps.plan_the_lapsed),
    steps.STRESS: ("run the scenarios", steps.stress_the_book),
    FINDINGS: ("judge the day", steps.judge_the_day),
}


@dataclass(frozen=True)
class Closed:
    """A finished close: its dossier, the day's figures, and whether it had been closed before."""

    dossier: Path
    manifest: Mapping[str, Any]
    figures: Sequence[Mapping[str, Any]]
    is_repeat: bool = False


def close_book(
    request: Request, *, now: datetime, by: str, why: str = "the close of the session", say: Say = lambda _: None
) -> Closed:
    """Close a book on a session: carry, mark, calls, plans, scenarios and findings into one dossier (日终处理).

    A close that was stopped goes on where it was; one that is finished is checked and left alone. The ledger is the
    one place outside the dossier that is written to, once.

    Parameters
    ----------
    now : when it is recorded in the ledger
    by, why : who does it, for the ledger
    say : is told what is being done

    Raises
    ------
    UsageError
        The session is none, the folder was begun for something else, the book or the day is of another session, a
        scenario is not there, or the ledger has judged the session on other marks.
    BookError
        The dossier was changed.
    LedgerError
        The ledger is of another version, or went away; nothing is half done.
    """
    moment(request.session)  # no session is an error before anything is touched
    entry = Entry("close", by, why, now)
    made_from = request.made_from()
    if request.out.exists():
        return _again(request, made_from)
    rulebook = Rulebook.load(*request.rules)
    steps.require_policy_names(request.policy, request.session, rulebook)
    steps.require_scenarios(request)
    staging = Staging(request.out)
    ledger = Ledger.open(request.ledger, create=now)
    with staging.locked():
        staging.begin(made_from)
        work = steps.Work(request, staging, ledger, entry, rulebook, say)
        steps.forget_a_book_without_later_payments(work)
        for step, (phrase, does) in STEPS.items():
            if staging.is_done(step):
                continue
            say(phrase)
            staging.do(step, lambda out, does=does: does(work, out))  # type: ignore[misc]
        say("write the dossier")
        staging.finish(made_from, {"ledger_commit": steps.commit_in(work)})
    return Closed(request.out, read_manifest(request.out), figures_in(request.out))


def _again(request: Request, made_from: Mapping[str, Any]) -> Closed:
    """Return a dossier that is there, once it is shown to be the one that was asked for, and whole."""
    manifest = read_manifest(request.out)
    remedy = "A dossier stays as it is; name another folder with --out."
    require_same(made_from, manifest["made_from"], where=request.out, remedy=remedy)
    verify(request.out)
    return Closed(request.out, manifest, figures_in(request.out), is_repeat=True)
