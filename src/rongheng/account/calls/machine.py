"""What a mark and the clock make of calls (追保状态机), for one account or a million at once.

What lives here: which demands open, fall due, are met and lapse. What does not: payments (``payments.py``), officers'
decisions (``decisions.py``) and the ends of contracts (``maturity.py``).

An account under a line is under every milder one, and each of its lines that sets a clock asks for something of its
own: to be back at its target by its time. So a graver line can only bring a sooner deadline, and never moves one that
stands. A line that sets no clock only warns.

A demand is met by the ratio at its target, on a mark not after the deadline: at a session's end, at the deadline
itself, or at any mark once something was paid in; a rise of prices in the middle of a session alone ends nothing. Where
no mark is made at the deadline, the last one before it counts, with what was paid since. Only marks open demands: those
at a session's end under every line, those within a session from the emergency line on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import polars as pl

from rongheng.account.calls.events import Kind, Status, completed, no_events
from rongheng.account.calls.moments import is_end_of_day, is_provisional, next_session_at, session_of, show_moment
from rongheng.account.calls.state import State
from rongheng.account.calls.terms import EMERGENCY, RANKS, CallTerms
from rongheng.basics.account_tables import LINES
from rongheng.basics.errors import BookError
from rongheng.basics.money import BP

_LINE_COLUMNS: Final = [f"{line}_line_bp" for line in LINES]
MARK_COLUMNS: Final = (
    "account_id",
    "policy",
    "assets_milli",
    "debt_milli",
    "maintenance_ratio_bp",
    "state",
    *_LINE_COLUMNS,
)
_ASSETS, _DEBT = pl.col("assets_milli"), pl.col("debt_milli")
_UNDER_A_LINE: Final = pl.col("rank").is_not_null()
_IS_DEMAND: Final = pl.col("line").is_in(LINES)  # of a line; a contract's end is judged apart
_RUNNING: Final = (Status.OPEN.value, Status.LAPSED.value, Status.WAIVED.value)


def on_mark(state: State, marks: pl.DataFrame, terms: CallTerms, *, at: datetime) -> pl.DataFrame:
    """Return what happens when a book has been marked.

    Parameters
    ----------
    marks : the columns of the table of marks, and ``permissions`` of each account where a policy asks for them
    at : the moment of the mark; a session's end, or a time within it

    Raises
    ------
    BookError
        A deadline binds accounts with certain permissions, and the marks do not say who has them.
    """
    today = _ranked(marks)
    confirmed = _confirmed(state, at)
    state = state.after(confirmed)
    earlier = judged(state, at=at, including=False)
    state = state.after(earlier)
    held, marked = _held(state, today), _marked(state, today, at)
    ended = _ended(held, at)
    absent = judged(_without(state, today), at=at, including=True)
    state = state.after(pl.concat([ended, absent]))
    called = _called(state, today, terms, at)
    lapsed_at_once = judged(State.begin().after(called), at=at, including=True)
    warned = _warned(state, called, today, terms, at)
    parts = [confirmed, earlier, ended, absent, called, lapsed_at_once, warned, _due(state, at), marked]
    return in_order(parts)


def on_clock(state: State, *, at: datetime) -> pl.DataFrame:
    """Return what happens because that moment has come: deadlines that passed, and those of this session."""
    confirmed = _confirmed(state, at)
    state = state.after(confirmed)
    passed = judged(state, at=at, including=True)
    return in_order([confirmed, passed, _due(state.after(passed), at)])


def judged(state: State, *, at: datetime, including: bool) -> pl.DataFrame:
    """Return how demands end whose deadline has passed: met by the last mark with what was paid since, or lapsed.

    Parameters
    ----------
    including : deadlines at that moment count as passed
    """
    passed = pl.col("due") <= at if including else pl.col("due") < at
    rows = state.demands.filter(_IS_DEMAND & (pl.col("status") == Status.OPEN.value) & passed)
    if not rows.height:
        return no_events()
    rows = rows.drop("policy", "assets_milli", "debt_milli", "ratio_bp").join(
        state.standing, on="account_id", how="left"
    )
    rows = rows.with_columns(
        reached=_reached(pl.col("target_bp")), paid=_paid(), ratio_bp=_ratio(), moment=pl.col("due")
    )
    met = (pl.col("reached") & _may_end(met_by_price=True)).fill_null(value=False)
    return _told(rows.with_columns(kind=pl.when(met).then(_word(Kind.CURED)).otherwise(_word(Kind.LAPSED))))


def in_order(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return events by account, and for one account in the order of the parts, whatever the order of accounts was."""
    numbered = [part.with_columns(order=pl.lit(number)) for number, part in enumerate(parts) if part.height]
    if not numbered:
        return no_events()
    return pl.concat(numbered).sort("account_id", "order", "demand").drop("order")


def _ranked(marks: pl.DataFrame) -> pl.DataFrame:
    """Return what is asked of the marks: amounts, lines, and the rank of the gravest line that an account is under."""
    columns = [*MARK_COLUMNS, *(["permissions"] if "permissions" in marks else [])]
    rank = pl.col("state").cast(pl.String()).replace_strict(RANKS, default=None, return_dtype=pl.Int64())
    return marks.select(columns).with_columns(rank=rank).rename({"maintenance_ratio_bp": "ratio_bp"})


def _held(state: State, today: pl.DataFrame) -> pl.DataFrame:
    """Return the demands on lines of the accounts that were marked, beside their marks."""
    rows = state.demands.filter(_IS_DEMAND).drop("policy", "assets_milli", "debt_milli", "ratio_bp")
    rows = rows.join(state.standing.select("account_id", "paid_at"), on="account_id")
    rows = rows.join(today, on="account_id")
    return rows.with_columns(line_bp=_line_value(), paid=_paid(), reached=_reached(pl.col("target_bp")))


def _ended(held: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """Return how a mark ends demands, or lets them lapse."""
    at_end = is_end_of_day(at)
    status, due = pl.col("status"), pl.col("due")
    met = pl.col("reached") & _may_end(met_by_price=(due == at) | at_end)
    recovered = pl.col("reached") & (pl.col("paid") | at_end)
    above = _DEBT * pl.col("line_bp").fill_null(0) <= _ASSETS * BP
    ends: list[tuple[Status, pl.Expr, Kind]] = [
        (Status.OPEN, met, Kind.CURED),
        (Status.OPEN, due <= at, Kind.LAPSED),
        (Status.LAPSED, recovered, Kind.RESTORED),
        (Status.WARNED, above & at_end, Kind.CLEARED),
        (Status.WAIVED, (pl.col("reached") | (due <= at)) & at_end, Kind.CLEARED),
    ]
    kind = pl.coalesce(
        *(pl.when((status == before.value) & happens).then(_word(word)) for before, happens, word in ends)
    )
    rows = held.with_columns(kind=kind, moment=pl.lit(at), marked_at=pl.lit(at)).filter(pl.col("kind").is_not_null())
    return _told(rows)


def _called(state: State, today: pl.DataFrame, terms: CallTerms, at: datetime) -> pl.DataFrame:
    """Return the demands that open: the clocks of each line that an account is under and that asks nothing yet."""
    rows = today.filter(_UNDER_A_LINE).join(terms.deadlines_at(at), on="policy").join(terms.rules, on="policy")
    rows = rows.with_columns(line_bp=_line_value(), line_rank=_line_rank())
    rows = rows.filter((pl.col("line_rank") <= pl.col("rank")) & pl.col("line_bp").is_not_null())
    rows = _binding(rows).filter(_may_call(pl.col("line_rank"), at))
    running = state.demands.filter(pl.col("status").is_in(_RUNNING))
    rows = rows.join(running, on=["account_id", "line"], how="anti")
    target = pl.coalesce("restore_to_bp", "general_target_bp", "warning_line_bp", "line_bp")
    suffix = pl.when(pl.col("number") > 0).then(pl.format("/{}", pl.col("number") + 1)).otherwise(pl.lit(""))
    opened = rows.with_columns(
        target_bp=pl.max_horizontal(target, "line_bp"),
        demand=pl.format("{}@{}{}", "line", pl.lit(show_moment(at)), suffix),
        detail=pl.col("cites"),
        kind=_word(Kind.CALLED),
        moment=pl.lit(at),
        marked_at=pl.lit(at),
    )
    return _told(opened, opening=True)


def _warned(state: State, called: pl.DataFrame, today: pl.DataFrame, terms: CallTerms, at: datetime) -> pl.DataFrame:
    """Return the warnings: of accounts whose gravest line asks nothing of them, and nor does a graver one."""
    rows = today.filter(_UNDER_A_LINE).join(terms.rules, on="policy").filter(_may_call(pl.col("rank"), at))
    told = pl.concat([frame.select("account_id", "line") for frame in (state.demands.filter(_IS_DEMAND), called)])
    gravest = told.group_by("account_id").agg(told_rank=_line_rank().max())
    rows = rows.join(gravest, on="account_id", how="left").filter(pl.col("rank") > pl.col("told_rank").fill_null(-1))
    line = pl.col("rank").replace_strict(dict(enumerate(LINES)), return_dtype=pl.String())
    warned = rows.with_columns(line=line, kind=_word(Kind.WARNED), moment=pl.lit(at), marked_at=pl.lit(at))
    return _told(warned.with_columns(demand=pl.format("{}@{}", "line", pl.lit(show_moment(at)))), opening=True)


def _due(state: State, at: datetime) -> pl.DataFrame:
    """Return that demands fall due in this session, once for each deadline."""
    today = pl.col("due").dt.date() == session_of(at)
    rows = state.demands.filter(
        (pl.col("status") == Status.OPEN.value) & today & (pl.col("due") > at) & ~pl.col("announced")
    )
    return completed(
        rows.select("account_id", "demand", "line", "contract_id", "due", kind=_word(Kind.DUE), moment=pl.lit(at))
    )


def _marked(state: State, today: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """Return the snapshot of each account that is under a call, and of one whose contract comes up or ends today."""
    running = pl.col("status").is_in(_RUNNING)
    comes_up = (pl.col("opened") == at) | (pl.col("due").dt.date() == session_of(at))
    asked = state.demands.filter(running & (_IS_DEMAND | comes_up)).select("account_id").unique()
    marked = today.join(asked, on="account_id", how="semi").with_columns(
        demand=pl.lit(""), kind=_word(Kind.MARKED), moment=pl.lit(at), marked_at=pl.lit(at)
    )
    return completed(marked.select("account_id", "demand", "kind", "moment", "policy", "marked_at", *_SNAPSHOT))


def _confirmed(state: State, at: datetime) -> pl.DataFrame:
    """Return the deadlines of a year that has been announced since; one on a day without trading moves to the next."""
    rows = state.demands.filter((pl.col("status") == Status.OPEN.value) & pl.col("provisional"))
    settled = [
        {"account_id": row["account_id"], "demand": row["demand"], "due": next_session_at(row["due"])}
        for row in rows.iter_rows(named=True)
        if not is_provisional(row["due"])
    ]
    frame = pl.DataFrame(settled, schema={name: state.events.schema[name] for name in ("account_id", "demand", "due")})
    return completed(frame.with_columns(kind=_word(Kind.CONFIRMED), moment=pl.lit(at), provisional=pl.lit(value=False)))


_SNAPSHOT: Final = ("assets_milli", "debt_milli", "ratio_bp")
_ABOUT: Final = ("account_id", "demand", "kind", "moment", "line", "target_bp", "marked_at", *_SNAPSHOT)
_TERMS: Final = ("policy", "due", "provisional", "within_sessions", "by", "needs_payment", "detail")


def _told(rows: pl.DataFrame, *, opening: bool = False) -> pl.DataFrame:
    """Return rows as events; only an opening states the terms of its demand."""
    names = [*_ABOUT, *(_TERMS if opening else ())]
    return completed(rows.select([name for name in names if name in rows.columns]))


def _without(state: State, today: pl.DataFrame) -> State:
    """Return the state of the accounts that were not marked."""
    return State(state.events.join(today, on="account_id", how="anti"))


def _binding(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows whose deadline binds the account: it needs no permission, or one that the account has."""
    binds_everybody = pl.col("needs").list.len() == 0
    if "permissions" not in rows:
        if not rows.select(binds_everybody.all()).item():
            raise BookError(
                "A deadline binds accounts with certain permissions, and nobody says which accounts have them. Give "
                "the book that was marked, whose accounts have a column permissions."
            )
        return rows
    has = pl.col("permissions").fill_null("").str.to_lowercase().str.extract_all(r"[a-z_]+")
    return rows.filter(binds_everybody | (has.list.set_intersection("needs").list.len() > 0))


def _may_call(rank: pl.Expr, at: datetime) -> pl.Expr:
    return pl.lit(is_end_of_day(at)) | (pl.col("intraday") & (rank >= EMERGENCY))


def _may_end(*, met_by_price: pl.Expr | bool) -> pl.Expr:
    """Return whether the ratio at its target is enough: by a rise of prices alone, or because something was paid."""
    by_price = ~pl.col("needs_payment") & (pl.lit(met_by_price) if isinstance(met_by_price, bool) else met_by_price)
    return pl.col("paid") | by_price


def _paid() -> pl.Expr:
    """Whether something was paid in since the call; who owes nothing any more has paid everything."""
    return (pl.col("paid_at") > pl.col("opened")).fill_null(value=False) | (_DEBT == 0).fill_null(value=False)


def _reached(target: pl.Expr) -> pl.Expr:
    """By cross-multiplication; who owes nothing has reached every target."""
    return (_DEBT == 0) | (_DEBT * target <= _ASSETS * BP)


def _ratio() -> pl.Expr:
    return pl.when(_DEBT > 0).then(_ASSETS * BP // _DEBT)


def _line_value() -> pl.Expr:
    return pl.coalesce(*(pl.when(pl.col("line") == line).then(pl.col(f"{line}_line_bp")) for line in LINES))


def _line_rank() -> pl.Expr:
    return pl.col("line").replace_strict(RANKS, return_dtype=pl.Int64())


def _word(kind: Kind) -> pl.Expr:
    return pl.lit(kind.value)
