"""``rongheng calls``: the calls of a book, from their ledger: judged, listed, answered, told.

What lives here: what the verbs are called and what they take. What does not: how their rows are printed
(``calls_rows.py``).
"""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rongheng.basics.errors import UsageError
from rongheng.cli.calls_rows import print_events, print_list, say_written
from rongheng.cli.options import (
    Format,
    FormatOption,
    Lang,
    LangOption,
    RulesOption,
    now,
    parse_date,
    parse_moment,
    parse_money,
)
from rongheng.cli.output import say
from rongheng.cli.verbs import add_group

if TYPE_CHECKING:
    from rongheng.desk.ledger import Entry, Ledger

LedgerOption = Annotated[
    str,
    typer.Option("--ledger", envvar="RONGHENG_LEDGER", metavar="URL", help="The ledger: a path, or postgresql://…."),
]
AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's id.")]
ByOption = Annotated[str, typer.Option("--by", metavar="NAME", envvar="RONGHENG_OFFICER", help="Who does it.")]
WhyOption = Annotated[str, typer.Option("--why", metavar="TEXT", help="Why.")]
SeenOption = Annotated[
    int | None,
    typer.Option(help="The last event that you looked at; refused when the account has moved on.", show_default=False),
]
AtOption = Annotated[
    str | None,
    typer.Option("--at", metavar="MOMENT", help="When: '2025-04-08 10:15' (Shanghai). Now, if left out."),
]
MarksOption = Annotated[
    Path | None,
    typer.Option("--marks", metavar="FOLDER", help="The marks that a roll-over rests on.", show_default=False),
]
SessionOption = Annotated[
    str | None, typer.Option("--session", metavar="DATE", help="The session; the last one judged if left out.")
]
DEFAULT_LEDGER = "ledger.db"


def register(app: typer.Typer) -> None:
    """Give the verbs to the command line."""
    about = "Calls (追保): who is warned, called, due, cured, lapsed; kept in a ledger with who, when and why."
    verbs = {
        "run": run,
        "list": list_,
        "show": show,
        "pay": pay,
        "decide": decide,
        "answer": answer,
        "notices": notices,
        "verify": verify,
    }
    add_group(app, "calls", verbs, about=about)


def run(
    session: Annotated[str, typer.Option("--session", metavar="DATE", help="The session that is judged.")],
    marks: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="The --out folder of rongheng mark; the clock alone if left out."),
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="HH:MM", help="A time within the session; its end if left out.")
    ] = None,
    ledger: LedgerOption = DEFAULT_LEDGER,
    by: ByOption = "rongheng calls run",
    why: WhyOption = "the calls of the session",
    over_gaps: Annotated[
        bool, typer.Option("--over-gaps", help="Pass over sessions whose end was not judged.")
    ] = False,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Judge the calls at a session's end, or at a time within it, on marks or by the clock alone.

    The ledger is made where there is none. The same run again changes nothing.

    Examples:

      rongheng calls run --marks out --session 2025-04-07

      rongheng calls run --marks out-1130 --session 2025-04-08 --at 11:30 --ledger postgresql://desk@db/calls
    """
    from rongheng.account.calls import moment
    from rongheng.desk.calls.judging import judge, marked_folder
    from rongheng.desk.ledger import Entry, Ledger

    day = _date(session, option="--session")
    moment_of_run = moment(day, _time(at, option="--at"))
    marked = marked_folder(marks, day) if marks else None
    recorded = now()
    entry = Entry("run", by, why, recorded)
    judged = judge(Ledger.open(ledger, create=recorded), moment_of_run, entry, marked, over_gaps=over_gaps)
    print_events(judged.events, day, style=style, lang=lang)
    if judged.is_repeat:
        say("the same marks were judged before: nothing was written", None)
    if judged.unmarked:
        some = ", ".join(judged.unmarked[:5])
        say(f"{len(judged.unmarked)} accounts are asked for something and have no mark today: {some}", None)
    say(f"{judged.events.height:,} events; commit {judged.head.number}, digest {judged.head.digest[:16]}…", None)


def list_(
    ledger: LedgerOption = DEFAULT_LEDGER,
    new: Annotated[bool, typer.Option("--new", help="Called in the session.")] = False,
    due: Annotated[bool, typer.Option("--due", help="Due in the session.")] = False,
    next_day: Annotated[bool, typer.Option("--next-day", help="Under the next-day line.")] = False,
    outstanding: Annotated[bool, typer.Option("--outstanding", help="Open for long.")] = False,
    cured: Annotated[bool, typer.Option("--cured", help="Cured in the session.")] = False,
    lapsed: Annotated[bool, typer.Option("--lapsed", help="Lapsed, and not restored.")] = False,
    maturing: Annotated[bool, typer.Option("--maturing", help="With a contract that ends soon, or has ended.")] = False,
    longer_than: Annotated[int, typer.Option(metavar="SESSIONS", help="What --outstanding calls long.")] = 5,
    session: SessionOption = None,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """List the accounts of which something is asked: one row an account, with its soonest deadline.

    Example: rongheng calls list --due --format csv
    """
    from rongheng.desk.calls.listing import Which, list_calls
    from rongheng.desk.ledger import Ledger

    asked = {
        Which.NEW: new,
        Which.DUE: due,
        Which.NEXT_DAY: next_day,
        Which.OUTSTANDING: outstanding,
        Which.CURED: cured,
        Which.LAPSED: lapsed,
        Which.MATURING: maturing,
    }
    chosen = [which for which, flag in asked.items() if flag] or [Which.ALL]
    if len(chosen) > 1:
        raise UsageError(f"One list at a time; found --{' and --'.join(which.replace('_', '-') for which in chosen)}.")
    day = parse_date(session, option="--session")
    print_list(list_calls(Ledger.open(ledger), chosen[0], session=day, longer_than=longer_than), style=style, lang=lang)


def show(
    account: AccountArgument,
    ledger: LedgerOption = DEFAULT_LEDGER,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Show everything that happened to an account: what, when, on which amounts, who wrote it and why.

    Example: rongheng calls show A-17
    """
    from rongheng.cli.calls_rows import print_history
    from rongheng.desk.ledger import Ledger

    opened = Ledger.open(ledger)
    with opened.reading(f"Showing account {account}") as now:
        history = now.history([account])
    if not history.height:
        raise UsageError(f"The ledger {opened.place} knows no account {account!r}. Check the number.")
    print_history(history, style=style, lang=lang)
    say(f"the last event is {history['sequence'][-1]}: --seen {history['sequence'][-1]}", None)


def pay(
    account: AccountArgument,
    by: ByOption,
    why: WhyOption,
    cash: Annotated[str | None, typer.Option(metavar="YUAN", help="Cash added.", show_default=False)] = None,
    repay: Annotated[
        str | None, typer.Option(metavar="YUAN", help="Debt repaid from outside.", show_default=False)
    ] = None,
    collateral: Annotated[
        str | None,
        typer.Option(
            metavar="YUAN", help="Agreed value of other collateral posted; less than 0: given back.", show_default=False
        ),
    ] = None,
    what: Annotated[str, typer.Option(metavar="TEXT", help="What the other collateral is.")] = "",
    at: AtOption = None,
    seen: SeenOption = None,
    ledger: LedgerOption = DEFAULT_LEDGER,
    own: RulesOption = None,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Write down what came in for an account; it counts on top of the last mark until the next one.

    Other collateral is accepted by a decision, for which the policy may ask a second person.

    Examples:

      rongheng calls pay A-17 --cash 160_000 --at '2025-04-08 10:15' --by Wang --why 'bank reference 8812'

      rongheng calls pay A-17 --collateral 500_000 --what 'house, valued by …' --by Wang --why 'asked by client'
    """
    from rongheng.account.calls import Payment
    from rongheng.desk.calls import officers

    moment = _moment(at)
    payment = Payment(
        account_id=account,
        at=moment,
        cash_milli=parse_money(cash, option="--cash") or 0,
        repay_milli=parse_money(repay, option="--repay") or 0,
        collateral_milli=parse_money(collateral, option="--collateral") or 0,
        what=what,
    )
    opened, entry = _opened(ledger, "pay", by, why)
    written = officers.pay(opened, payment, entry, seen=seen, rules=own or ())
    print_events(written.events, moment.date(), style=style, lang=lang)
    say_written(written, account)


def decide(
    account: AccountArgument,
    action: Annotated[str, typer.Argument(metavar="extend|waive|roll_over", help="What is decided.")],
    by: ByOption,
    why: WhyOption,
    until: Annotated[str, typer.Option("--until", metavar="DATE", help="Until which session.")],
    to: Annotated[
        str | None, typer.Option(metavar="HH:MM", help="A time of that session; its end if left out.")
    ] = None,
    line: Annotated[str | None, typer.Option(help="Only what is asked under this line.", show_default=False)] = None,
    contract: Annotated[
        str | None, typer.Option(metavar="ID", help="The contract that is rolled over.", show_default=False)
    ] = None,
    marks: MarksOption = None,
    at: AtOption = None,
    seen: SeenOption = None,
    ledger: LedgerOption = DEFAULT_LEDGER,
    own: RulesOption = None,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Decide on an account: a later deadline, a waiver until a day, a contract's roll-over.

    Where the account's policy asks for a second person, it is proposed, and `rongheng calls answer` approves it.

    Examples:

      rongheng calls decide A-17 extend --until 2025-04-14 --to 14:00 --by Wang --why 'transfer under way'

      rongheng calls decide A-17 roll_over --contract C-1 --until 2025-10-22 --marks out --by Wang --why 'client asked'
    """
    from rongheng.account.calls import Action, Decision
    from rongheng.desk.calls import officers

    if action not in (Action.EXTEND, Action.WAIVE, Action.ROLL_OVER):
        raise UsageError(f"Nothing is called {action!r}; expected extend, waive or roll_over.")
    if (action == Action.ROLL_OVER) != (contract is not None):
        raise UsageError("A roll-over names its contract with --contract, and nothing else does.")
    moment = _moment(at)
    decision = Decision(
        action=Action(action),
        account_id=account,
        at=moment,
        until=_date(until, option="--until"),
        clock=_time(to, option="--to"),
        line=line,
        contract_id=contract,
        what=why,
    )
    opened, entry = _opened(ledger, "decide", by, why)
    written = officers.decide(opened, decision, entry, marks=marks, seen=seen, rules=own or ())
    print_events(written.events, moment.date(), style=style, lang=lang)
    say_written(written, account)


def answer(
    account: AccountArgument,
    by: ByOption,
    why: WhyOption,
    refuse: Annotated[bool, typer.Option("--refuse", help="Refuse it; approve it if left out.")] = False,
    proposal: Annotated[
        str | None, typer.Option(metavar="ID", help="Which one, where several wait.", show_default=False)
    ] = None,
    marks: MarksOption = None,
    at: AtOption = None,
    seen: SeenOption = None,
    ledger: LedgerOption = DEFAULT_LEDGER,
    own: RulesOption = None,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Approve or refuse, as a second person (复核), what somebody else proposed for an account.

    Example: rongheng calls answer A-17 --by Li --why 'seen the bank slip'
    """
    from rongheng.account.calls import Answer
    from rongheng.desk.calls import officers

    moment = _moment(at)
    given = Answer(account_id=account, at=moment, by=by, approve=not refuse, proposal=proposal)
    opened, entry = _opened(ledger, "answer", by, why)
    written = officers.answer(opened, given, entry, marks=marks, seen=seen, rules=own or ())
    print_events(written.events, moment.date(), style=style, lang=lang)


def notices(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Where the files go.")],
    session: SessionOption = None,
    template: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Your own Jinja2 template for the texts.", show_default=False)
    ] = None,
    by: ByOption = "rongheng calls notices",
    why: WhyOption = "the notices of the session",
    ledger: LedgerOption = DEFAULT_LEDGER,
    lang: LangOption = Lang.ZH,
) -> None:
    """Write what clients are to be told: a text for each, and the desk's lists as CSV and Excel. Nothing is sent.

    What was told before is not told again. The ledger keeps that it was told, and on which mark.

    Example: rongheng calls notices --out notices --session 2025-04-07
    """
    from rongheng.cli.calls_files import write_notices
    from rongheng.report.notices import Letter

    opened, entry = _opened(ledger, "notices", by, why)
    day = parse_date(session, option="--session")
    count = write_notices(opened, out, day, Letter.load(template), entry, lang=lang)
    say(f"{count} notices and the lists are in {out}", None)


def verify(ledger: LedgerOption = DEFAULT_LEDGER) -> None:
    """Recompute every digest of the ledger, and print the last one: whoever keeps it can prove what came before.

    Example: rongheng calls verify
    """
    from rongheng.desk.ledger import Ledger

    head = Ledger.open(ledger).verify()
    typer.echo(f"{head.number} commits, {head.last_sequence} events: {head.digest}")


def _opened(ledger: str, action: str, by: str, why: str) -> tuple[Ledger, Entry]:
    from rongheng.desk.ledger import Entry, Ledger

    return Ledger.open(ledger), Entry(action, by, why, now())


def _moment(text: str | None) -> datetime:
    return parse_moment(text, option="--at") or now()


def _date(text: str, *, option: str) -> date:
    day = parse_date(text, option=option)
    assert day is not None, "a text was given"
    return day


def _time(text: str | None, *, option: str) -> time | None:
    if text is None:
        return None
    try:
        return time.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f"{option} {text} is not a time of day; write it as 11:30.") from None
