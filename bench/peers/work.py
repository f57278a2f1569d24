"""What every peer works on, and what its answers are compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.marks import Marks
from rongheng.account.marks.arithmetic import NO_SHARE, NULL
from rongheng.account.marks.columns import NO_SECURITY
from rongheng.basics.account_tables import GROUPS, LINES, Board

Int64 = NDArray[np.int64]
BOARDS = tuple(board.value for board in Board)
LIMITED = ("star", "chinext", "bse")  # boards whose share is marked
# what has a share of the assets, in the order of ours: classes, boards, STAR and ChiNext together, the largest position
PARTS = (*(f"group_{name}" for name in GROUPS), *(f"board_{name}" for name in LIMITED), "dual", "largest")
SHARES = tuple(f"share_{name}" for name in PARTS)
HELD = ("assets", "securities", "margin", "withdrawable", "largest_security", *SHARES)
OWED = ("debt", "financing", "short", "interest", "ratio", "leverage", "row", "state", "cash_to_cure", "repay_to_cure")
COLUMNS = (*HELD, *OWED)
NO_CODE = 2**16 - 1


@dataclass(frozen=True)
class Work:
    """Arrays by account, by position and by contract, and the terms of one policy by security."""

    owner: NDArray[np.uint32]  # of each position
    starts: Int64
    code: NDArray[np.uint16]
    quantity: NDArray[np.int32]
    cash: Int64
    frozen: Int64
    other_collateral: Int64
    other_debt: Int64
    contract_owner: NDArray[np.uint32]
    is_short: NDArray[np.bool_]
    contract_code: NDArray[np.uint16]
    contract_quantity: Int64
    amount: Int64
    ratio: Int64
    interest: Int64
    price: Int64  # by security
    haircut: Int64
    group: NDArray[np.uint8]
    board: NDArray[np.uint8]
    lines: Int64  # [line, row]
    upper_share: Int64  # by row
    rows: int
    wake: int
    withdrawal: int

    @classmethod
    def of(cls, marks: Marks) -> Work:
        """Return the work of a book that is under one policy."""
        layout, terms = marks.book.layout, marks.terms
        assert len(terms.policies) == 1, "one policy is enough, and simpler for everybody"
        assert not len(layout.wide_at), "quantities fit"
        return cls(
            owner=np.repeat(np.arange(layout.n_accounts, dtype=np.uint32), np.diff(layout.starts)),
            starts=np.asarray(layout.starts),
            code=np.asarray(layout.code),
            quantity=np.asarray(layout.quantity),
            cash=np.asarray(layout.cash_milli),
            frozen=np.asarray(layout.frozen_cash_milli),
            other_collateral=np.asarray(layout.other_collateral_milli),
            other_debt=np.asarray(layout.other_debt_milli),
            contract_owner=layout.contract_owner().astype(np.uint32),
            is_short=np.asarray(layout.is_short),
            contract_code=np.asarray(layout.contract_code),
            contract_quantity=np.asarray(layout.contract_quantity),
            amount=np.asarray(layout.amount_milli),
            ratio=marks.ratio_bp.astype(np.int64),
            interest=marks.interest_milli,
            price=terms.price_milli.astype(np.int64),
            haircut=terms.haircut_bp.astype(np.int64),
            group=terms.group,
            board=terms.board,
            lines=terms.lines_bp[0],
            upper_share=terms.upper_share_bp[0],
            rows=int(terms.row_count[0]),
            wake=int(terms.wake_bp[0]),
            withdrawal=int(terms.withdrawal_bp[0, 0]),
        )


def ours(marks: Marks) -> dict[str, Int64]:
    """Return what the marks say, in the peers' words: 0 debt and state 0 for who owes nothing."""
    layout, held, owed = marks.book.layout, marks.holdings, marks.debts
    columns: dict[str, Int64] = {
        "assets": held.assets,
        "securities": held.securities,
        "margin": held.margin,
        "withdrawable": held.withdrawable,
    }
    columns["largest_security"] = np.where(held.largest == NO_SECURITY, NO_CODE, held.largest).astype(np.int64)
    columns |= {name: _share(held.shares[:, place]) for place, name in enumerate(SHARES)}
    fields: dict[str, NDArray[Any]] = {"debt": owed.debt, "ratio": owed.ratio, "row": owed.row, "state": owed.state}
    fields |= {"cash_to_cure": owed.cash_to_cure, "repay_to_cure": owed.repay_to_cure, "leverage": owed.leverage}
    fields |= {"financing": owed.financing, "short": owed.short, "interest": owed.interest}
    for name, values in fields.items():
        spread = np.zeros(layout.n_accounts, dtype=np.int64)
        spread[layout.indebted] = np.where(values.astype(np.int64) == NULL, 0, values)
        columns[name] = spread
    return columns


def _share(shares: NDArray[np.uint16]) -> Int64:
    return np.where(shares == NO_SHARE, 0, shares).astype(np.int64)


def compare(name: str, answers: pl.DataFrame, expected: dict[str, Int64]) -> None:
    """Stop where a peer's answer is not ours to the milli-yuan and on every state."""
    for column, values in expected.items():
        wrong = np.flatnonzero(answers[column].fill_null(0).to_numpy().astype(np.int64) != values)
        assert not len(wrong), f"{name}, {column}: {len(wrong)} answers differ, the first at {wrong[0]}"


WARNING, LIQUIDATION = LINES.index("warning"), LINES.index("liquidation")
