"""A book once clients have paid: cash and other collateral added, debt repaid from outside.

What lives here: which account gets what, on which day, and how far interest has run when it repays. What does not: who
paid (the ledger) and the order of repayment (``repayment.py``). Every milli-yuan that comes in is cash, collateral or
debt that is owed no more: what is repaid beyond the debt stays as cash.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.book import Book
from rongheng.account.book.change import Amounts, changed
from rongheng.account.liquidation.repayment import owed_in_money, repay
from rongheng.account.marks.accrual import interest_of_whole_days
from rongheng.account.policy import Policy
from rongheng.basics.account_tables import PROBLEMS
from rongheng.basics.errors import BookError, UsageError

Int64 = NDArray[np.int64]
PAYMENTS: Final = {
    "account_id": pl.String(),
    "day": pl.Date(),
    "cash_milli": pl.Int64(),
    "repay_milli": pl.Int64(),
    "collateral_milli": pl.Int64(),
}
REPORT: Final = PAYMENTS | {"beyond_debt_milli": pl.Int64()}  # of what was repaid: more than was owed, kept as cash


@dataclass(frozen=True)
class PaidIn:
    """The book with what came in, one row of ``REPORT`` for each account and day, and what no account stands for."""

    book: Book
    report: pl.DataFrame
    problems: pl.DataFrame


def pay_in(book: Book, payments: pl.DataFrame, policies: Mapping[str, Policy]) -> PaidIn:
    """Return the book once these payments have come in (追加担保物、还款入账).

    Interest runs to the day before a repayment; the repayment itself goes by the policy's order, the oldest contract
    first.

    Parameters
    ----------
    payments : columns of ``PAYMENTS``; several of one account and day are one
    policies : by name

    Raises
    ------
    BookError
        More other collateral is given back than an account has.
    """
    if payments.is_empty():
        return PaidIn(book, pl.DataFrame(schema=REPORT), pl.DataFrame(schema=PROBLEMS.schema))
    rows = book.accounts.select("account_id", row=pl.int_range(pl.len(), dtype=pl.Int64))
    totals = payments.group_by("account_id", "day").agg(pl.col("cash_milli", "repay_milli", "collateral_milli").sum())
    known = totals.join(rows, on="account_id", how="left").sort("day", "account_id")
    strange = known.filter(pl.col("row").is_null())
    reports = [pl.DataFrame(schema=REPORT)]
    for (day,), part in known.filter(pl.col("row").is_not_null()).partition_by("day", as_dict=True).items():
        book, report = _paid_on(book, part, day, policies)
        reports.append(report)
    return PaidIn(book, pl.concat(reports), _problems(strange))


def _paid_on(book: Book, part: pl.DataFrame, day: date, policies: Mapping[str, Policy]) -> tuple[Book, pl.DataFrame]:
    layout, rows = book.layout, part["row"].to_numpy()
    amounts, through = Amounts.of(layout), book.interest_through
    amounts.cash_milli[rows] += part["cash_milli"].to_numpy()
    amounts.other_collateral_milli[rows] += part["collateral_milli"].to_numpy()
    _require_collateral(amounts, part)
    beyond = np.zeros(len(rows), dtype=np.int64)
    if part["repay_milli"].sum():
        through = max(day - timedelta(days=1), through)
        named = _by_number(book, policies)
        amounts.interest_milli[:] = interest_of_whole_days(book, through, named)
        repaid = np.minimum(part["repay_milli"].to_numpy(), owed_in_money(layout, amounts, rows))
        beyond = part["repay_milli"].to_numpy() - repaid
        amounts.cash_milli[rows] += beyond
        own = [named[number] for number in layout.policy[rows]]
        repay(layout, amounts, rows=rows, repaid_milli=repaid, policies=own)
    report = part.drop("row").with_columns(pl.Series("beyond_debt_milli", beyond)).select(list(REPORT))
    return changed(book, amounts, session=book.session, interest_through=through), report


def _by_number(book: Book, policies: Mapping[str, Policy]) -> list[Policy]:
    """Return the policies in the order of the book's numbers; who has none is marked by none, and does not pay."""
    if not policies:
        raise UsageError("No policy is given; repayments go by the order that each account's policy says.")
    stand_in = next(iter(policies.values()))
    return [policies.get(name, stand_in) for name in book.policies]


def _require_collateral(amounts: Amounts, part: pl.DataFrame) -> None:
    left = amounts.other_collateral_milli[part["row"].to_numpy()]
    if (left < 0).any():
        account = part["account_id"][int(np.flatnonzero(left < 0)[0])]
        raise BookError(
            f"Account {account} is said to get back more other collateral than the book has of it. Check the column "
            "other_collateral_milli of the book against the payments in the ledger."
        )


def _problems(strange: pl.DataFrame) -> pl.DataFrame:
    return strange.select(
        account_id="account_id",
        table=pl.lit("payments"),
        row=pl.lit(None),
        column=pl.lit("account_id"),
        found="account_id",
        problem=pl.lit("no_account"),
        reason=pl.lit("the book has no such account; nothing was paid in for it"),
    ).cast(PROBLEMS.dtypes)
