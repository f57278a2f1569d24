"""The ends of contracts (合约到期): noticed, settled, rolled over, or lapsed; and terms that a suspension extends.

What lives here: what the book's contracts make of demands, and the conditions of a roll-over. What does not: calls
under lines (``machine.py``) and who may decide (``decisions.py``).

A contract ends with the last session that is not after its due day, because its term may not be longer. Unpaid at that
session's end it lapses, unless its security is suspended and the rules let the term be extended: then it ends with the
first session in which the security trades again, and until that is known its end is put off from session to session.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import polars as pl

from rongheng.account.calls.events import MATURITY, MOMENT, Kind, Status, completed, events_of
from rongheng.account.calls.machine import in_order
from rongheng.account.calls.moments import moment, session_of
from rongheng.account.calls.state import State
from rongheng.account.calls.terms import CallTerms
from rongheng.account.policy import CallRules
from rongheng.basics.calendar import calendar
from rongheng.basics.money import BP

CONTRACT_COLUMNS: Final = ("account_id", "policy", "contract_id", "security", "due", "suspended", "may_postpone")
_KEY: Final = ["account_id", "contract_id"]
_TOLD: Final = ("account_id", "demand", "kind", "moment", "line", "contract_id", "due", "provisional", "detail")


def on_contracts(state: State, contracts: pl.DataFrame, terms: CallTerms, *, at: datetime) -> pl.DataFrame:
    """Return what a book's contracts make of demands.

    Parameters
    ----------
    contracts : every contract of the book, with ``due`` (a date), whether its security is ``suspended``, and whether
        the rules let its term be extended then (``may_postpone``)
    """
    running = state.demands.filter(pl.col("line") == MATURITY)
    ends = _ends(contracts, running, terms, at)
    told = _settled(running, ends, at)
    state = state.after(told)
    running = state.demands.filter(pl.col("line") == MATURITY)
    opened = _opened(running, ends, at)
    at_end = _at_the_end(pl.concat([running, State.begin().after(opened).demands]), ends, at)
    return in_order([told, opened, at_end])


def _ends(contracts: pl.DataFrame, running: pl.DataFrame, terms: CallTerms, at: datetime) -> pl.DataFrame:
    """Return the contracts that end soon or that have a demand, with the moment at which the book says they end."""
    horizons = [
        {"policy": name, "horizon": moment(calendar().offset(session_of(at), policy.calls.maturity_notice_sessions))}
        for name, policy in terms.policies.items()
    ]
    horizon = pl.DataFrame(horizons, schema={"policy": pl.String(), "horizon": MOMENT})
    latest = horizon["horizon"].max()
    soon = pl.col("due") <= session_of(latest) if isinstance(latest, datetime) else pl.lit(value=False)
    known = pl.struct(_KEY).is_in(running.select(pl.struct(_KEY)).to_series().implode())
    near = contracts.select(CONTRACT_COLUMNS).filter(soon | known)
    days = near["due"].unique().to_list()
    ends = pl.DataFrame({"due": days, "ends": [_end(day) for day in days]}, schema={"due": pl.Date(), "ends": MOMENT})
    return near.join(ends, on="due").join(horizon, on="policy").drop("due")


def _end(due: date) -> datetime:
    return moment(calendar().on_or_before(due))


def _settled(running: pl.DataFrame, ends: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """Return which contracts are settled, and of which the book shows the later end."""
    rows = running.join(ends, on=_KEY, how="left")
    gone = pl.col("ends").is_null()
    kind = pl.when(gone).then(pl.lit(Kind.REPAID.value)).when(_booked()).then(pl.lit(Kind.BOOKED.value))
    rows = rows.with_columns(kind=kind, moment=pl.lit(at)).filter(pl.col("kind").is_not_null())
    return completed(rows.select("account_id", "demand", "kind", "moment", "line", "contract_id"))


def _booked() -> pl.Expr:
    rolled = pl.col("status") == Status.ROLLED.value
    return pl.when(rolled).then(pl.col("ends") >= pl.col("due")).otherwise(pl.col("ends") > pl.col("due"))


def _opened(running: pl.DataFrame, ends: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """Return notice of the contracts that end soon; one that was rolled over ends when it was decided."""
    rolled = pl.col("status") == Status.ROLLED.value
    later = running.filter(rolled).select(*_KEY, rolled_until="due")
    rows = ends.join(running.filter(~rolled), on=_KEY, how="anti").join(later, on=_KEY, how="left")
    rows = rows.with_columns(due=pl.max_horizontal("ends", "rolled_until")).filter(pl.col("due") <= pl.col("horizon"))
    rows = rows.with_columns(
        demand=pl.format("{}@{}", "contract_id", pl.col("due").dt.date()),
        kind=pl.lit(Kind.MATURES.value),
        moment=pl.lit(at),
        line=pl.lit(MATURITY),
        provisional=pl.col("due").dt.date() >= calendar().provisional_from,
        detail=pl.col("security"),
    )
    return completed(rows.select(*_TOLD, "policy"))


def _at_the_end(running: pl.DataFrame, ends: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """Return which contracts have ended unpaid, and which are put off because their security is suspended."""
    over = (pl.col("status") == Status.OPEN.value) & (pl.col("due") <= at)
    rows = running.filter(over).join(ends, on=_KEY, how="inner")
    postponed = pl.col("suspended") & pl.col("may_postpone")
    next_end = moment(calendar().offset(session_of(at), 1))
    rows = rows.with_columns(
        kind=pl.when(postponed).then(pl.lit(Kind.POSTPONED.value)).otherwise(pl.lit(Kind.LAPSED.value)),
        moment=pl.when(postponed).then(pl.lit(at)).otherwise(pl.max_horizontal("due", "opened")),
        due=pl.when(postponed).then(pl.lit(next_end)),
        provisional=pl.when(postponed).then(pl.lit(calendar().is_provisional(session_of(next_end)))),
        detail=pl.col("security"),
    )
    return completed(rows.select(_TOLD))


@dataclass(frozen=True, slots=True)
class RollOver:
    """What a roll-over (展期) of one contract rests on, beside what any order must pass (``account.orders``)."""

    account_id: str
    policy: str
    contract_id: str
    security: str
    due: date  # as the book has it
    ratio_bp: int | None  # of the account; None: it owes nothing
    largest_share_bp: int | None  # None: it holds nothing
    rolled_before: int


def notice_of(contract: RollOver, *, at: datetime) -> pl.DataFrame:
    """Return the event with which something is asked of one contract before its end is near."""
    end = _end(contract.due)
    noticed = {
        "account_id": contract.account_id,
        "demand": f"{contract.contract_id}@{session_of(end)}",
        "kind": Kind.MATURES,
        "moment": at,
        "policy": contract.policy,
        "line": MATURITY,
        "contract_id": contract.contract_id,
        "due": end,
        "provisional": calendar().is_provisional(session_of(end)),
        "detail": contract.security,
    }
    return events_of([noticed])


def roll_over_refusals(asked: RollOver, rules: CallRules) -> Sequence[str]:
    """Return which of the policy's own conditions a roll-over does not meet, each as a sentence."""
    ratio, share, times = rules.roll_over_ratio_bp, rules.roll_over_largest_share_bp, rules.roll_overs
    refusals = []
    if ratio is not None and asked.ratio_bp is not None and asked.ratio_bp < ratio:
        refusals.append(f"The maintenance ratio is {_percent(asked.ratio_bp)}; the policy asks for {_percent(ratio)}.")
    if share is not None and asked.largest_share_bp is not None and asked.largest_share_bp > share:
        found = _percent(asked.largest_share_bp)
        refusals.append(f"The largest position is {found} of the assets; the policy allows {_percent(share)}.")
    if times is not None and asked.rolled_before >= times:
        refusals.append(f"It was rolled over {asked.rolled_before} times, as often as the policy allows.")
    return refusals


def _percent(bp: int) -> str:
    return f"{bp * 100 / BP:g}%"
