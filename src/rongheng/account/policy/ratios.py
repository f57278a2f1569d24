"""The margin ratio that a contract had to have when it was opened: the exchanges', or the broker's where it asks more.

What lives here: one column of ratios by contract. What does not: ratios that a contract states itself, and what a
broker applied to contracts that stood (``account.marks.admission``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from math import ceil

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.policy.policy import BrokerRatios, MarginRatios
from rongheng.basics.account_tables import ClientType, Kind
from rongheng.basics.money import BP, MARGIN_RATIO_LIMIT_BP
from rongheng.rulebook.formula import Formula

Int64 = NDArray[np.int64]
CLIENTS = tuple(ClientType)
PRIVATE_FUND = CLIENTS.index(ClientType.PRIVATE_FUND)


def exchange_ratios(
    ratios: MarginRatios, *, opened: NDArray[np.datetime64], is_short: NDArray[np.bool_], client: NDArray[np.uint8]
) -> Int64:
    """Return the exchanges' ratio on each contract's day of opening, in basis points; 0 before the first step."""
    result = step_values(ratios.financing, opened)
    result = np.where(is_short, step_values(ratios.short, opened), result)
    return np.where(is_short & (client == PRIVATE_FUND), step_values(ratios.short_private_fund, opened), result)


def broker_ratios(
    own: Sequence[BrokerRatios],
    *,
    opened: NDArray[np.datetime64],
    is_short: NDArray[np.bool_],
    client: NDArray[np.uint8],
    code: NDArray[np.uint16],
    securities: pl.Series,
    security_class: pl.Series,
    haircut_bp: NDArray[np.uint16],
) -> Int64:
    """Return what the broker asked for each contract, in basis points, rounded up; 0 where it asked nothing of its own.

    A formula of the haircut takes today's haircut: a book does not say what it was on the day of opening. Where that
    matters, the contract states its own ratio.

    Parameters
    ----------
    securities, security_class, haircut_bp : by code
    """
    result = np.zeros(len(opened), dtype=np.int64)
    for term in own:
        about = (is_short == (term.kind is Kind.SHORT)) & (opened >= np.datetime64(term.first))
        if term.until is not None:
            about &= opened < np.datetime64(term.until)
        if term.clients:
            about &= np.isin(client, [number for number, name in enumerate(CLIENTS) if name.value in term.clients])
        if not about.any():
            continue
        asked = np.where(_is_about(term, securities, security_class), _by_haircut(term.ratio, haircut_bp), 0)
        result = np.where(about, np.maximum(result, asked[code]), result)
    return result


def _is_about(term: BrokerRatios, securities: pl.Series, security_class: pl.Series) -> NDArray[np.bool_]:
    about = np.ones(len(securities), dtype=np.bool_)
    if term.securities:
        about &= securities.is_in(sorted(term.securities)).to_numpy()
    if term.classes:
        about &= security_class.is_in(sorted(term.classes)).fill_null(False).to_numpy()
    return about


def _by_haircut(ratio: Formula | int, haircut_bp: NDArray[np.uint16]) -> Int64:
    if isinstance(ratio, int):
        return np.full(len(haircut_bp), ratio, dtype=np.int64)
    values, place = np.unique(haircut_bp, return_inverse=True)
    computed = [ceil(ratio(**dict.fromkeys(ratio.names, Fraction(int(bp), BP))) * BP) for bp in values]
    return np.minimum(np.array(computed, dtype=np.int64), MARGIN_RATIO_LIMIT_BP)[place]


def step_values(steps: tuple[tuple[date, int], ...], days: NDArray[np.datetime64]) -> Int64:
    """Return the value that stands on each day; 0 before the first step."""
    firsts = np.array([first for first, _ in steps], dtype="datetime64[D]")
    values = np.array([0, *(value for _, value in steps)], dtype=np.int64)
    return values[np.searchsorted(firsts, days, side="right")]
