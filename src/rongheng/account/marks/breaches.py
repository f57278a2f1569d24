"""The breaches of concentration limits in a marked book, one row each (超限明细).

What lives here: the front of the list and its names. What does not: the tests (``concentration.py``) and a broker's own
limits on a client or a stock (``limits.py``).
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.marks.columns import NO_LIMITS, BreachesOut, workspace
from rongheng.account.marks.concentration import list_breaches
from rongheng.account.marks.inputs import holdings_in, limits_in, terms_in
from rongheng.account.marks.marks import Marks, places_of
from rongheng.basics.account_tables import BREACHES
from rongheng.basics.money import ceil_bp


def breaches(marks: Marks, *, rows: NDArray[np.int64] | None = None) -> pl.DataFrame:
    """Return every breach of a concentration limit in a marked book.

    Parameters
    ----------
    rows : of the accounts that are looked at, ascending; every one unless given

    Returns
    -------
    polars.DataFrame
        The columns of the table of breaches, by account, then securities by code, classes, boards. Shares are rounded
        up, and an excess is the share less the limit. A rule is every document whose limits bind: the lowest counts.
    """
    out, layout = marks.holdings, marks.book.layout
    is_breached = marks.is_marked & (out.breaches != NO_LIMITS) & (out.breaches > 0)
    rows = np.flatnonzero(is_breached) if rows is None else rows[is_breached[rows]]
    found = BreachesOut.of(int(out.breaches[rows].sum()))
    part = layout.take(rows)
    debt = np.zeros(len(rows), dtype=np.int64)
    debt[part.indebted] = marks.debts.debt[np.searchsorted(layout.indebted, rows[part.indebted])]
    quantity = part.quantities(0, part.n_positions)
    holdings = holdings_in(part, credit_line=marks.credit_line_milli[rows], quantity=quantity)
    terms, bounds = terms_in(marks.terms), limits_in(marks.terms, marks.limits)
    written = list_breaches(debt, out.assets[rows], holdings, terms, bounds, workspace(), found)
    assert written == len(found.account), "the list has what was counted"
    return _named(marks, rows, found)


def _named(marks: Marks, rows: NDArray[np.int64], found: BreachesOut) -> pl.DataFrame:
    row = rows[found.account]
    share = ceil_bp(found.part, marks.holdings.assets[row])
    limit = found.limit_bp.astype(np.int64)
    policy = marks.book.accounts["policy"].gather(row).cast(pl.String())
    rules = {name: rules_of(marks, name) for name in policy.unique()}
    scope, name = places_of(found.at, marks.book.securities)
    columns = {
        "account_id": marks.book.accounts["account_id"].gather(row),
        "scope": scope,
        "name": name,
        "value_milli": pl.Series(found.part),
        "share_bp": pl.Series(share),
        "limit_bp": pl.Series(limit),
        "excess_bp": pl.Series(share - limit),
        "rule": policy.replace_strict(rules, return_dtype=pl.String()),
    }
    return pl.DataFrame(columns).cast(BREACHES.dtypes)


def rules_of(marks: Marks, policy: str) -> str:
    """Return the ids of the rules that set a policy's limits, joined by commas."""
    concentration = marks.policies[policy].concentration
    return ", ".join(sorted(table.cites for table in concentration.tables)) if concentration else ""
