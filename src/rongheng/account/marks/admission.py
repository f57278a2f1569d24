"""Which accounts can be marked on this day under these policies, and why the others cannot.

What lives here: the checks that need a market or a policy, each over whole columns. What does not: the checks that a
book passes by itself (``account.book.check``) and the bounds at today's prices, which the kernels test on the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.book import Book
from rongheng.account.book.layout import NO_PINNED_RATIO, owners
from rongheng.account.policy import Policy, Terms
from rongheng.account.policy.ratios import broker_ratios, exchange_ratios
from rongheng.basics.account_tables import PROBLEMS
from rongheng.rulebook import Rulebook

FINANCING_RATIO = "exchange.financing.margin_ratio"


@dataclass(frozen=True)
class Admission:
    """What stands between a book and its marks: ratios by contract, and the accounts that must stay out."""

    ratio_bp: NDArray[np.int32]  # by contract
    refused: NDArray[np.bool_]  # by account
    problems: pl.DataFrame


def admit(book: Book, policies: Sequence[Policy | None], terms: Terms) -> Admission:
    """Return the margin ratio of each contract and the accounts that cannot be marked.

    Parameters
    ----------
    policies : in the order of the book's policy numbers; None where no such policy exists
    """
    ratio, at_opening = _margin_ratios(book, policies, terms)
    refused = np.zeros(book.layout.n_accounts, dtype=np.bool_)
    problems = [pl.DataFrame(schema=PROBLEMS.schema)]
    for rows, frame in (*_no_policy(book, policies), *_unknown_securities(book, terms), *_ratios(book, at_opening)):
        refused[rows] = True
        problems.append(frame)
    return Admission(ratio, refused, pl.concat(problems))


def _margin_ratios(
    book: Book, policies: Sequence[Policy | None], terms: Terms
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the ratio that each contract bears, and the one that it had to have when it was opened."""
    layout = book.layout
    owner = layout.contract_owner()
    policy_of = layout.policy[owner]
    at_opening = np.zeros(layout.n_contracts, dtype=np.int64)
    bears = np.zeros(layout.n_contracts, dtype=np.int64)
    for number, policy in enumerate(policies):
        mine = policy_of == number
        if policy is None or not mine.any():
            continue
        opened, is_short, client = layout.opened[mine], layout.is_short[mine], layout.client[owner[mine]]
        rule = exchange_ratios(policy.margin_ratios, opened=opened, is_short=is_short, client=client)
        asked = broker_ratios(
            policy.margin_ratios.own,
            opened=opened,
            is_short=is_short,
            client=client,
            code=layout.contract_code[mine],
            securities=terms.securities,
            security_class=terms.security_class,
            haircut_bp=terms.haircut_bp[number * terms.n_securities : (number + 1) * terms.n_securities],
        )
        pinned = layout.pinned_ratio_bp[mine].astype(np.int64)
        own = np.where(pinned == NO_PINNED_RATIO, np.maximum(rule, asked), pinned)
        if policy.margin_ratios.applied_to_existing:
            for first, lower_bp in _offered_to_existing():
                own = np.where(~is_short & (opened < first), np.minimum(own, lower_bp), own)
        at_opening[mine], bears[mine] = rule, own
    return bears.astype(np.int32), at_opening


def _no_policy(book: Book, policies: Sequence[Policy | None]) -> Iterator[tuple[NDArray[np.int64], pl.DataFrame]]:
    for number, policy in enumerate(policies):
        if policy is None:
            rows = np.flatnonzero(book.layout.policy == number)
            reason = "no policy of that name is loaded; load it or change the account"
            yield rows, _of_accounts(book, rows, "policy", [book.policies[number]] * len(rows), "no_policy", reason)


def _unknown_securities(book: Book, terms: Terms) -> Iterator[tuple[NDArray[np.int64], pl.DataFrame]]:
    if not terms.unknown.any():
        return
    layout, reason = book.layout, "the market day has no such security; give its price or mend the code"
    held = np.flatnonzero(terms.unknown[layout.code])
    owner = owners(layout.starts, held)
    named = book.securities[layout.code[held]]
    yield owner, _of_accounts(book, owner, "security", named, "unknown_security", reason, table="positions")
    owed = np.flatnonzero(terms.unknown[layout.contract_code])
    owner = layout.contract_owner()[owed]
    named = book.securities[layout.contract_code[owed]]
    yield owner, _of_accounts(book, owner, "security", named, "unknown_security", reason, table="contracts")


def _ratios(book: Book, at_opening: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], pl.DataFrame]]:
    """Contracts of before the business began, and pinned ratios below the rule at opening."""
    layout = book.layout
    owner = layout.contract_owner()
    early = np.flatnonzero((at_opening == 0) | _before_beijing(book))
    reason = "opened before margin trading began in that market; mend the date or the security"
    yield (
        owner[early],
        _of_accounts(
            book,
            owner[early],
            "opened",
            _shown(layout.opened[early]),
            "before_the_first_day",
            reason,
            table="contracts",
        ),
    )
    pinned = layout.pinned_ratio_bp
    applied = np.zeros(layout.n_contracts, dtype=np.bool_)
    for first, lower_bp in _offered_to_existing():
        applied |= ~layout.is_short & (layout.opened < first) & (pinned >= lower_bp)
    low = np.flatnonzero((pinned != NO_PINNED_RATIO) & (pinned < at_opening) & ~applied)
    reason = "below the rule at opening; leave it empty to take the rule's own"
    yield (
        owner[low],
        _of_accounts(
            book, owner[low], "margin_ratio_bp", _shown(pinned[low]), "ratio_below_rule", reason, table="contracts"
        ),
    )


def _before_beijing(book: Book) -> NDArray[np.bool_]:
    """Contracts on Beijing securities of before that exchange's first day."""
    is_beijing = book.securities.str.ends_with(".BJ").to_numpy()
    if not is_beijing.any():
        return np.zeros(book.layout.n_contracts, dtype=np.bool_)
    # exchange.financing.margin_ratio; exchange.short.margin_ratio began there on the same day
    first = Rulebook.load().rule(FINANCING_RATIO).first_session("BSE")
    return is_beijing[book.layout.contract_code] & (book.layout.opened < np.datetime64(first))


@cache
def _offered_to_existing() -> tuple[tuple[np.datetime64, int], ...]:
    """Return the lower ratios that a broker could agree to apply to open contracts, each with its first session.

    exchange.financing.margin_ratio has one, of September 2023. Contracts opened before that session may bear it.
    """
    entries = Rulebook.load().rule(FINANCING_RATIO).offered_to_existing()
    return tuple((np.datetime64(entry.effective), entry.value) for entry in entries if isinstance(entry.value, int))


def _shown(values: NDArray[np.generic]) -> list[str]:
    return [str(value) for value in values]


def _of_accounts(
    book: Book,
    rows: NDArray[np.int64],
    column: str,
    found: pl.Series | list[str],
    problem: str,
    reason: str,
    *,
    table: str = "accounts",
) -> pl.DataFrame:
    """Return a Problem for each of these account rows; which row of the file it was is not known any more."""
    return pl.DataFrame(
        {
            "account_id": book.accounts["account_id"][rows],
            "table": [table] * len(rows),
            "row": [None] * len(rows),
            "column": [column] * len(rows),
            "found": found,
            "problem": [problem] * len(rows),
            "reason": [reason] * len(rows),
        },
        schema=PROBLEMS.schema,
    )
