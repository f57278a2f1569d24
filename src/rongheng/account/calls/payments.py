"""What a client brings: cash, repayment, other collateral.

What lives here: a payment, and what it makes of an account's standing. What does not: whether it was enough; that is
asked of the next mark, or of the clock at the deadline (``machine.py``).

A payment counts on top of the last mark until the next one, whose book holds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from rongheng.account.calls.events import Kind, events_of
from rongheng.account.calls.machine import in_order, judged
from rongheng.account.calls.moments import show_moment
from rongheng.account.calls.state import State
from rongheng.basics.errors import UsageError
from rongheng.basics.money import AMOUNT_LIMIT_MILLI, BP, show_yuan


@dataclass(frozen=True, slots=True)
class Payment:
    """What came in for one account; amounts in milli-yuan.

    ``collateral_milli`` is the agreed value of other collateral (其他担保物) that was posted; when its value changes,
    or it is given back, the difference, which may be negative. ``what`` says what it is.
    """

    account_id: str
    at: datetime
    cash_milli: int = 0
    repay_milli: int = 0
    collateral_milli: int = 0
    what: str = ""

    def __post_init__(self) -> None:
        amounts = {"--cash": self.cash_milli, "--repay": self.repay_milli}
        for name, amount in amounts.items():
            if amount < 0:
                raise UsageError(f"{name} is {show_yuan(amount)} yuan; expected an amount above zero. Check the sign.")
        if not any((self.cash_milli, self.repay_milli, self.collateral_milli)):
            raise UsageError("Nothing was paid; give --cash, --repay or --collateral with an amount in yuan.")
        if max(*amounts.values(), abs(self.collateral_milli)) >= AMOUNT_LIMIT_MILLI:
            raise UsageError("The amount is 10^11 yuan or more; amounts of one account are below it. Check it.")
        if self.collateral_milli and not self.what.strip():
            raise UsageError("What is the other collateral? Say it with --what, such as 'house, valued by …'.")


def on_payment(state: State, payment: Payment) -> pl.DataFrame:
    """Return what happens when a client has paid: deadlines that had passed before, and the payment.

    Raises
    ------
    UsageError
        Nothing is asked of the account, the payment lies before what is known of it, or more was repaid than is owed.
    """
    alone = of_account(state, payment.account_id)
    passed = judged(alone, at=payment.at, including=False)
    row = alone.standing.row(0, named=True)
    if row["last_moment"] is not None and payment.at <= row["last_moment"]:
        raise UsageError(
            f"The payment at {show_moment(payment.at)} is not after the last thing known of account "
            f"{payment.account_id}, of {show_moment(row['last_moment'])}: what came in until then is in that mark. "
            "Give its real time, or ask for an extension if it came in time and was told too late."
        )
    paid = {
        "account_id": payment.account_id,
        "demand": "",
        "kind": Kind.PAID,
        "moment": payment.at,
        "cash_milli": payment.cash_milli,
        "repay_milli": payment.repay_milli,
        "collateral_milli": payment.collateral_milli,
        "detail": payment.what.strip() or None,
    }
    return in_order([passed, events_of([paid | _standing_after(row, payment)])])


def of_account(state: State, account_id: str) -> State:
    """Return the state of one account.

    Raises
    ------
    UsageError
        Nothing is asked of it.
    """
    events = state.events.filter(pl.col("account_id") == account_id)
    if not events.height:
        raise UsageError(f"Nothing is asked of account {account_id!r}: it has no open call. Check the number.")
    return State(events)


def _standing_after(row: dict[str, Any], payment: Payment) -> dict[str, Any]:
    """Return the account's amounts with the payment; none where it was never marked here (a contract's end alone)."""
    if row["debt_milli"] is None:
        return {}
    if payment.repay_milli > row["debt_milli"]:
        raise UsageError(
            f"Account {payment.account_id} owes {show_yuan(row['debt_milli'])} yuan, and "
            f"{show_yuan(payment.repay_milli)} is said to be repaid. Check it; what is beyond the debt is --cash."
        )
    assets = row["assets_milli"] + payment.cash_milli + payment.collateral_milli
    debt = row["debt_milli"] - payment.repay_milli
    ratio = assets * BP // debt if debt else None
    return {"marked_at": row["marked_at"], "assets_milli": assets, "debt_milli": debt, "ratio_bp": ratio}
